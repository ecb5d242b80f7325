using System.Buffers.Binary;
using System.Net.Sockets;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Packets;
using Viaduct.Linux.Route;
using Viaduct.Node.Network.Routing;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Kernel.Node.Routing;

/// <summary>What the backends do to packets: real ones between pods of real namespaces, looked at on the wire. Pods of node-1 and node-2 are in zone a, that of node-3 in b.</summary>
public sealed class PodTrafficTests : IAsyncLifetime
{
    // Ethernet, IPv4 or IPv6, UDP, VXLAN (RFC 7348, section 5).
    private const int Ethernet = 14, OuterIPv4 = 20, Udp = 8, Vxlan = 8, VxlanPort = 4789;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly RoutingLab _lab = new(new FakeKubeApi());

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Theory]
    [InlineData(RouteBackend.HostGw, "a", false)]
    [InlineData(RouteBackend.Vxlan, "a", true)]
    [InlineData(RouteBackend.Vxlan, "b", true)]
    [InlineData(RouteBackend.Auto, "a", false)]
    [InlineData(RouteBackend.Auto, "b", true)]
    public async Task Frames_between_nodes_are_encapsulated_only_where_the_backend_says_so(RouteBackend backend, string zone, bool encapsulated)
    {
        var (near, far) = await TwoAsync(backend, zone);
        var (from, to) = (near.AddPod(), far.AddPod());
        await using var wire = far.Namespace.Run(() => new PacketCapture(far.Underlay));
        Assert.Equal(near.Pod(AddressFamily.InterNetwork), await PodTraffic.DatagramAsync(from, to, far.Pod(AddressFamily.InterNetwork), 100));

        var plain = $" > {far.Pod(AddressFamily.InterNetwork)}.{PodTraffic.Port}: UDP, length 100";
        var outer = $" > {far.Address(AddressFamily.InterNetwork)}.{VxlanPort}: UDP, length {100 + Udp + OuterIPv4 + Ethernet + Vxlan}";
        var wanted = encapsulated ? outer : plain;
        Assert.True(await wire.WaitForAsync(frames => frames.Any(f => f.ToString().EndsWith(wanted, StringComparison.Ordinal)), s_patience), string.Join('\n', wire.Frames));
        Assert.DoesNotContain(wire.Frames, f => f.ToString().EndsWith(encapsulated ? plain : outer, StringComparison.Ordinal));
        if (encapsulated)
            Assert.Contains(wire.Frames, f => Inner(f)?.EndsWith(plain, StringComparison.Ordinal) ?? false);
    }

    [Theory]
    [InlineData(RouteBackend.HostGw, "a", AddressFamily.InterNetwork)]
    [InlineData(RouteBackend.HostGw, "a", AddressFamily.InterNetworkV6)]
    [InlineData(RouteBackend.Vxlan, "b", AddressFamily.InterNetwork)]
    [InlineData(RouteBackend.Vxlan, "b", AddressFamily.InterNetworkV6)]
    public async Task Nine_thousand_bytes_and_a_large_transfer_cross_without_loss(RouteBackend backend, string zone, AddressFamily family)
    {
        var (near, far) = await TwoAsync(backend, zone);
        var (from, to) = (near.AddPod(), far.AddPod());
        Assert.Equal(near.Pod(family), await PodTraffic.DatagramAsync(from, to, far.Pod(family), 9000));
        await PodTraffic.TransferAsync(from, to, far.Pod(family), 16 << 20);
        NothingWasLost(from, to, near.Namespace, far.Namespace);
    }

    // The checksum of what is tunnelled is made late, by the link below; source NAT of the outer packet must not spoil it (fixed in Linux 5.7).
    [Fact]
    public async Task Tunnels_from_behind_a_masquerade_have_right_checksums()
    {
        var (near, far) = await TwoAsync(RouteBackend.Vxlan, "b");
        Assert.True(near.Namespace.Run(() => ChecksumOffload.IsOn("vxlan1")));
        near.Namespace.Run(() => { using var _ = OuterMasquerade.Apply(); });
        var (from, to) = (near.AddPod(), far.AddPod());
        await PodTraffic.TransferAsync(from, to, far.Pod(AddressFamily.InterNetwork), 4 << 20);
        NothingWasLost(from, to, near.Namespace, far.Namespace);
    }

    [Fact]
    public async Task Packets_that_are_too_large_for_the_tunnel_are_refused_by_the_pods_own_link()
    {
        var (near, far) = await TwoAsync(RouteBackend.Vxlan, "a");
        var pod = near.AddPod();
        using var client = pod.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { DontFragment = true });
        client.Connect(far.Pod(AddressFamily.InterNetwork), PodTraffic.Port);
        Assert.Equal(1450 - 28, client.Send(new byte[1450 - 28])); // IPv4 and UDP headers have 28 bytes
        Assert.Equal(SocketError.MessageSize, Assert.Throws<SocketException>(() => client.Send(new byte[1450 - 27])).SocketErrorCode);
    }

    private async Task<(RoutingNode Near, RoutingNode Far)> TwoAsync(RouteBackend backend, string zone)
    {
        var near = await _lab.AddAsync(1, "a", backend);
        var far = await _lab.AddAsync(zone == "a" ? 2 : 3, zone, backend);
        near.Start();
        far.Start();
        // Each knows the other when it has routes to both blocks of it.
        await Eventually.True(() => near.Routes().Count == 2 && far.Routes().Count == 2, "no routes");
        return (near, far);
    }

    private static void NothingWasLost(params NetNamespace[] namespaces)
    {
        foreach (var ns in namespaces)
        {
            Assert.Equal(0, PodTraffic.Counter(ns, "Tcp", "InCsumErrors"));
            Assert.Equal(0, PodTraffic.Counter(ns, "Udp", "InCsumErrors"));
            Assert.Equal(0, PodTraffic.Counter(ns, "Ip", "FragFails"));
            Assert.Equal(0, PodTraffic.Counter(ns, "Ip", "ReasmFails"));
            Assert.Equal(0, PodTraffic.Counter(ns, "TcpExt", "TCPTimeouts"));
        }
    }

    /// <summary>What a VXLAN frame over IPv4 carries; null when it is none.</summary>
    private static string? Inner(CapturedFrame frame)
    {
        var bytes = frame.Bytes.Span;
        const int udp = Ethernet + OuterIPv4, inner = udp + Udp + Vxlan;
        return bytes.Length > inner && bytes[Ethernet] == 0x45 && bytes[Ethernet + 9] == 17 && BinaryPrimitives.ReadUInt16BigEndian(bytes[(udp + 2)..]) == VxlanPort
            ? FrameText.Describe(bytes[inner..])
            : null;
    }
}
