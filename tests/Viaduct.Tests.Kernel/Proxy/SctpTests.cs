using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Native;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>Services on SCTP, with packets of raw sockets: most kernels translate SCTP without having sockets of it.</summary>
public class SctpTests
{
    private const ushort ClientPort = 40000;
    private const uint Tag = 0x01020304;

    [Theory]
    [InlineData(IPFamily.IPv4, "ClusterIP")]
    [InlineData(IPFamily.IPv6, "ClusterIP")]
    [InlineData(IPFamily.IPv4, "NodePort")]
    [InlineData(IPFamily.IPv6, "NodePort")]
    public void An_association_begins_with_an_endpoint_and_the_answer_comes_from_the_service(IPFamily family, string target)
    {
        using var lab = Lab(family);
        Apply(lab, CaseEndpoints.Local);
        var to = lab.Network.Of(Enum.Parse<CaseTarget>(target));
        using var client = Open(lab[target == "NodePort" ? CaseClient.Outside : CaseClient.LocalPod], to.Address);
        using var endpoint = Open(lab[CaseClient.LocalEndpoint], null);
        client.Send(Sctp.Init(ClientPort, (ushort)to.Port, Tag));

        var (init, from) = Receive(endpoint);
        Assert.Equal((CaseNetwork.TargetPort, true), (init.DestinationPort, init.HasRightChecksum));
        if (target == "ClusterIP")
            Assert.Equal((lab.Network.LocalPod, ClientPort), (from, init.SourcePort));
        else
            Assert.Equal(lab.Network.Bridge, from);

        endpoint.SendTo(Sctp.InitAck(CaseNetwork.TargetPort, init.SourcePort, Tag), new IPEndPoint(from, 0));
        var (answer, by) = Receive(client);
        Assert.Equal((to.Address, (ushort)to.Port, ClientPort, true), (by, answer.SourcePort, answer.DestinationPort, answer.HasRightChecksum));
    }

    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public void Without_endpoints_an_association_is_refused(IPFamily family)
    {
        using var lab = Lab(family);
        Apply(lab, CaseEndpoints.None);
        using var client = Open(lab[CaseClient.LocalPod], lab.Network.ClusterIP);
        client.Send(Sctp.Init(ClientPort, CaseNetwork.Port, Tag));
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => Receive(client)).SocketErrorCode);
    }

    private static CaseLab Lab(IPFamily family)
    {
        Assert.SkipUnless(File.Exists("/proc/sys/net/netfilter/nf_conntrack_sctp_timeout_established"), "this kernel does not track SCTP (CONFIG_NF_CT_PROTO_SCTP)");
        return new(new CaseNetwork(family), new CaseSettings(CaseDetector.Bridge, MasqueradeAll: false, CaseNodePorts.AllAddresses));
    }

    private static void Apply(CaseLab lab, CaseEndpoints endpoints) => lab.Apply(lab.Network.State(lab.Network.Service(TransportProtocol.Sctp) with
    {
        Endpoints = [.. lab.Network.Endpoints(endpoints)],
        HasEndpointsAnywhere = endpoints != CaseEndpoints.None,
    }));

    private static Socket Open(Host host, IPAddress? peer)
    {
        // .NET makes no sockets of protocols that it does not know.
        var handle = host.Namespace.Run(() => Libc.socket(host.Address.AddressFamily == AddressFamily.InterNetwork ? 2 : 10, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, (int)TransportProtocol.Sctp));
        Assert.False(handle.IsInvalid);
        var socket = new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true));
        handle.SetHandleAsInvalid();
        socket.ReceiveTimeout = 5000;
        socket.Bind(new IPEndPoint(host.Address, 0));
        if (peer is not null)
            socket.Connect(peer, 0);
        return socket;
    }

    private static (Sctp Packet, IPAddress From) Receive(Socket socket)
    {
        var buffer = new byte[256];
        EndPoint from = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        var length = socket.ReceiveFrom(buffer, ref from);
        // Raw sockets of IPv4 give the header, too (raw(7)).
        var packet = buffer.AsSpan(0, length)[(socket.AddressFamily == AddressFamily.InterNetwork ? (buffer[0] & 15) * 4 : 0)..];
        return (Sctp.Parse(packet), ((IPEndPoint)from).Address);
    }
}
