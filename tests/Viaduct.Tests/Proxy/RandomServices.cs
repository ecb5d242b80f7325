using System.Collections.Immutable;
using System.Net;
using CsCheck;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Proxy;

/// <summary>Service ports of all roles and policies, few enough to meet, to contradict each other and to share endpoints.</summary>
internal sealed record ServiceStep(int Number, bool IsGone, ServicePortState Port)
{
    public static Gen<ServiceStep> Gen(IPFamily family) => CsCheck.Gen.Select(
        CsCheck.Gen.Int[0, 5], CsCheck.Gen.Int[0, 3], CsCheck.Gen.Int[0, 255], CsCheck.Gen.Int[1, 6].Array[0, 6], CsCheck.Gen.Int[1, 6].Array[0, 3],
        (number, kind, bits, endpoints, local) => Make(family, number, kind, bits, endpoints, local));

    /// <summary>The state with this step done, and what changed.</summary>
    public (ProxyState State, ProxyChange Change) Do(ProxyState before)
    {
        var ports = before.Ports.Remove(Port.Name);
        if (!IsGone)
            ports = ports.SetItem(Port.Name, Port);
        var changed = (before.Ports.TryGetValue(Port.Name, out var old) ? old.Frontends : []).Concat(IsGone ? [] : Port.Frontends).Select(f => f.Frontend).ToHashSet();
        return (StateOf(ports), new ProxyChange(changed));
    }

    public static ProxyState StateOf(ImmutableDictionary<ServicePortName, ServicePortState> ports) => new()
    {
        Ports = ports,
        Claims = ports.Values.SelectMany(p => p.Frontends.Select(f => (f.Frontend, Claim: new FrontendClaim(p.Name, f.Role))))
            .GroupBy(c => c.Frontend, c => c.Claim).ToImmutableDictionary(g => g.Key, g => g.Order().ToImmutableArray()),
    };

    private static ServiceStep Make(IPFamily family, int number, int kind, int bits, int[] endpoints, int[] local)
    {
        bool Bit(int bit) => (bits & (1 << bit)) != 0;
        var port = new ServicePortState
        {
            Name = new("default", $"s{number}", number % 2 == 0 ? "" : "web"),
            // Sometimes the cluster IP of another Service.
            ClusterIP = Address(family, 10, Bit(0) ? number : number / 2),
            Protocol = Bit(1) ? TransportProtocol.Udp : TransportProtocol.Tcp,
            Port = 80,
            NodePort = Bit(2) ? (ushort)(30000 + (number / 2)) : (ushort)0,
            ExternalIPs = Bit(3) ? [Address(family, 20, number / 3)] : [],
            LoadBalancerIPs = Bit(4) ? [Address(family, 20, number / 2)] : [],
            SourceRanges = Bit(5) ? [.. Ranges(family).Take(1 + (bits % 3)).Select(IPNetwork.Parse)] : [],
            InternalLocal = Bit(6),
            ExternalLocal = Bit(7),
            AffinitySeconds = kind == 1 ? 10800 : kind == 2 ? 60 : 0,
            Endpoints = Endpoints(family, endpoints),
            LocalEndpoints = Bit(6) || Bit(7) ? Endpoints(family, local) : [],
            HasEndpointsAnywhere = endpoints.Length > 0 || local.Length > 0 || Bit(0),
        };
        return new ServiceStep(number, kind == 3, port);
    }

    // Of one family, as the tracker makes them: iptables refuses others.
    private static string[] Ranges(IPFamily family) => family == IPFamily.IPv4 ? ["10.8.0.0/16", "10.8.1.0/24", "0.0.0.0/1"] : ["fd08::/64", "fd08::/80", "8000::/1"];

    private static ImmutableArray<ProxyEndpoint> Endpoints(IPFamily family, int[] numbers) =>
        [.. numbers.Distinct().Order().Select(n => new ProxyEndpoint(new(Address(family, 30, n), 8080), IsRemote: n > 4))];

    private static PackedAddress Address(IPFamily family, int net, int host) =>
        PackedAddress.From(IPAddress.Parse(family == IPFamily.IPv4 ? $"10.{net}.0.{host + 1}" : $"fd00:{net}::{host + 1}"));
}
