using System.Collections.Immutable;
using System.Net;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Proxy.Cases;

/// <summary>
/// The addresses of the cases: a node with a bridge for its pods, the link <c>eth0</c> to the outside and a link to each pod of another node.
/// </summary>
internal sealed record CaseNetwork(IPFamily Family)
{
    public const string BridgeName = "cni0", UplinkName = "eth0", RemotePodName = "far0", RemoteEndpointName = "far1";
    public const ushort Port = 80, OtherPort = 81, NodePort = 30080, TargetPort = 8080;

    public int Bits => Family == IPFamily.IPv4 ? 32 : 128;

    public IPAddress Node => Pick("203.0.113.1", "2001:db8:113::1");

    public IPAddress SecondNodeAddress => Pick("203.0.113.2", "2001:db8:113::2");

    public IPAddress Outside => Pick("203.0.113.10", "2001:db8:113::10");

    public IPAddress Bridge => Pick("172.20.0.1", "fd00:20:0:0::1");

    public IPAddress LocalPod => Pick("172.20.0.2", "fd00:20:0:0::2");

    public IPAddress LocalEndpoint => Pick("172.20.0.3", "fd00:20:0:0::3");

    public IPAddress RemotePod => Pick("172.20.1.2", "fd00:20:0:1::2");

    public IPAddress RemoteEndpoint => Pick("172.20.1.3", "fd00:20:0:1::3");

    public IPAddress ClusterIP => Pick("10.96.0.10", "fd00:96::10");

    public IPAddress UnusedServiceAddress => Pick("10.96.0.99", "fd00:96::99");

    public IPAddress ExternalIP => Pick("198.51.100.7", "2001:db8:51::7");

    public IPAddress LoadBalancerIP => Pick("198.51.100.8", "2001:db8:51::8");

    public IPNetwork ClusterCidr => new(Pick("172.20.0.0", "fd00:20::"), Family == IPFamily.IPv4 ? 16 : 48);

    public IPNetwork NodeCidr => new(Pick("172.20.0.0", "fd00:20::"), Family == IPFamily.IPv4 ? 24 : 64);

    public IPNetwork ServiceCidr => new(Pick("10.96.0.0", "fd00:96::"), Family == IPFamily.IPv4 ? 16 : 112);

    public IPNetwork ExternalNetwork => new(Pick("198.51.100.0", "2001:db8:51::"), Family == IPFamily.IPv4 ? 24 : 64);

    public IPEndPoint Of(CaseTarget target) => target switch
    {
        CaseTarget.ClusterIP => new(ClusterIP, Port),
        CaseTarget.OtherPortOfClusterIP => new(ClusterIP, OtherPort),
        CaseTarget.UnusedServiceAddress => new(UnusedServiceAddress, Port),
        CaseTarget.ExternalIP => new(ExternalIP, Port),
        CaseTarget.LoadBalancerIP => new(LoadBalancerIP, Port),
        CaseTarget.NodePort => new(Node, NodePort),
        CaseTarget.NodePortOnSecondAddress => new(SecondNodeAddress, NodePort),
        _ => new(Family == IPFamily.IPv4 ? IPAddress.Loopback : IPAddress.IPv6Loopback, NodePort),
    };

    public IPAddress Of(CaseClient client) => client switch
    {
        CaseClient.LocalPod => LocalPod,
        CaseClient.LocalEndpoint => LocalEndpoint,
        CaseClient.HostProcess => Node,
        CaseClient.RemotePod => RemotePod,
        _ => Outside,
    };

    /// <summary>The Service of a case on TCP, UDP and SCTP.</summary>
    public ProxyState State(ServiceCase given) => State(
        new[] { TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp }.Select(protocol => Service(protocol) with
        {
            InternalLocal = given.InternalLocal,
            ExternalLocal = given.ExternalLocal,
            SourceRanges = given.Range switch
            {
                CaseRange.OutsideOnly => [new IPNetwork(Outside, Bits)],
                CaseRange.Nobody => [new IPNetwork(Pick("192.0.2.0", "2001:db8:bad::"), Family == IPFamily.IPv4 ? 24 : 64)],
                _ => [],
            },
            Endpoints = [.. Endpoints(given.Endpoints)],
            LocalEndpoints = given.InternalLocal || given.ExternalLocal ? [.. Endpoints(given.Endpoints).Where(e => !e.IsRemote)] : [],
            HasEndpointsAnywhere = given.Endpoints != CaseEndpoints.None,
        }));

    public ProxyState State(params IEnumerable<ServicePortState> ports)
    {
        var all = ports.ToImmutableDictionary(p => p.Name);
        return new ProxyState
        {
            Ports = all,
            Claims = all.Values.SelectMany(p => p.Frontends, (p, f) => (f.Frontend, Claim: new FrontendClaim(p.Name, f.Role)))
                .GroupBy(c => c.Frontend, c => c.Claim).ToImmutableDictionary(g => g.Key, g => g.Order().ToImmutableArray()),
            ServiceCidrs = [ServiceCidr],
        };
    }

    public ServicePortState Service(TransportProtocol protocol) => new()
    {
        Name = new ServicePortName("default", "web", protocol.Name()),
        ClusterIP = PackedAddress.From(ClusterIP),
        Protocol = protocol,
        Port = Port,
        NodePort = NodePort,
        ExternalIPs = [PackedAddress.From(ExternalIP)],
        LoadBalancerIPs = [PackedAddress.From(LoadBalancerIP)],
    };

    public IEnumerable<ProxyEndpoint> Endpoints(CaseEndpoints which)
    {
        if (which is CaseEndpoints.Local or CaseEndpoints.Both)
            yield return new(new(PackedAddress.From(LocalEndpoint), TargetPort), IsRemote: false);
        if (which is CaseEndpoints.Remote or CaseEndpoints.Both)
            yield return new(new(PackedAddress.From(RemoteEndpoint), TargetPort), IsRemote: true);
    }

    private IPAddress Pick(string ipv4, string ipv6) => IPAddress.Parse(Family == IPFamily.IPv4 ? ipv4 : ipv6);
}
