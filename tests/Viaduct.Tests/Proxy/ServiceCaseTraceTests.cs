using System.Net;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Tracing;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Nftables;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Proxy;

/// <summary>The cases of <see cref="ServiceCases"/>, followed by the tracer through the table that the backend wrote.</summary>
public class ServiceCaseTraceTests
{
    private static readonly Dictionary<string, (CaseNetwork Network, ServiceCase Case)> s_cases = new[] { IPFamily.IPv4, IPFamily.IPv6 }
        .SelectMany(family => ServiceCases.All.Where(c => c.IsFor(family)), (family, c) => (Name: $"{family}, {c}", Network: new CaseNetwork(family), Case: c))
        .ToDictionary(c => c.Name, c => (c.Network, c.Case));

    public static TheoryData<string> Cases => [.. s_cases.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_connection_ends_as_documented(string name)
    {
        var (network, given) = s_cases[name];
        var ruleset = await Write(network, given);
        foreach (var protocol in new byte[] { 6, 17, 132 })
        {
            var packet = Packet(network, given) with { Protocol = protocol };
            var traces = new NftTracer(ruleset, Host(network)).Trace(packet);
            Assert.Equal((given.Result, given.Masqueraded), Summary(network, packet, traces));
            Assert.Equal(1, traces.Sum(t => t.Probability), 6);
        }
    }

    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public async Task A_client_with_affinity_stays_whatever_address_it_uses(IPFamily family)
    {
        var network = new CaseNetwork(family);
        var given = ServiceCases.All.First(c => c is { Client: CaseClient.LocalPod, Target: CaseTarget.ClusterIP, Detector: CaseDetector.Bridge, Result: CaseResult.Both });
        var state = network.State(network.Service(TransportProtocol.Tcp) with
        {
            AffinitySeconds = 10800, Endpoints = [.. network.Endpoints(CaseEndpoints.Both)], HasEndpointsAnywhere = true,
        });
        var tracer = new NftTracer(await Write(network, given, state), Host(network));
        var first = tracer.Trace(Packet(network, given));
        Assert.Equal(2, first.Count);
        tracer.Apply(first[1]);
        foreach (var target in new[] { CaseTarget.ClusterIP, CaseTarget.NodePort, CaseTarget.LoadBalancerIP })
            Assert.Equal(first[1].Destination, Assert.Single(tracer.Trace(Packet(network, given with { Target = target }))).Destination);
    }

    private static Task<NftRuleset> Write(CaseNetwork network, ServiceCase given) => Write(network, given, network.State(given));

    private static async Task<NftRuleset> Write(CaseNetwork network, ServiceCase given, ProxyState state)
    {
        using var nft = new NftClient(new InMemoryNftables());
        var backend = new NftablesBackend(nft, given.Settings.Options(network));
        await backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys], ServiceCidrsChanged: true), state, TestContext.Current.CancellationToken);
        return NftRuleset.Read(nft, new NftTable(network.Family == IPFamily.IPv4 ? NftFamily.IPv4 : NftFamily.IPv6, "viaduct"));
    }

    private static NftHost Host(CaseNetwork network) => new()
    {
        Addresses = [network.Node, network.SecondNodeAddress, network.Bridge],
        Bridges = [CaseNetwork.BridgeName],
        OutputInterface = destination =>
            network.NodeCidr.Contains(destination) ? CaseNetwork.BridgeName
            : destination.Equals(network.RemotePod) ? CaseNetwork.RemotePodName
            : destination.Equals(network.RemoteEndpoint) ? CaseNetwork.RemoteEndpointName
            : CaseNetwork.UplinkName,
    };

    private static NftPacket Packet(CaseNetwork network, ServiceCase given)
    {
        var target = network.Of(given.Target);
        return new NftPacket
        {
            Source = given.Target == CaseTarget.NodePortOnLoopback ? target.Address : network.Of(given.Client),
            Destination = target.Address,
            DestinationPort = (ushort)target.Port,
            InputInterface = given.Client switch
            {
                CaseClient.HostProcess => null,
                CaseClient.RemotePod => CaseNetwork.RemotePodName,
                CaseClient.Outside => CaseNetwork.UplinkName,
                _ => CaseNetwork.BridgeName,
            },
        };
    }

    private static (CaseResult Result, bool? Masqueraded) Summary(CaseNetwork network, NftPacket packet, IReadOnlyList<NftTrace> traces)
    {
        var outcome = Assert.Single(traces.Select(t => t.Outcome).Distinct());
        if (outcome != NftOutcome.Accepted)
            return (outcome == NftOutcome.Dropped ? CaseResult.Dropped : CaseResult.Refused, null);
        if (traces.All(t => !t.IsTranslated && t.Destination.Equals(new IPEndPoint(packet.Destination, packet.DestinationPort))))
            return (CaseResult.Untouched, null);
        Assert.All(traces, t => Assert.True(t.IsTranslated && t.Destination.Port == CaseNetwork.TargetPort));
        var masqueraded = Assert.Single(traces.Select(t => t.IsMasqueraded).Distinct());
        var (local, remote) = (traces.Any(t => t.Destination.Address.Equals(network.LocalEndpoint)), traces.Any(t => t.Destination.Address.Equals(network.RemoteEndpoint)));
        return (local && remote ? CaseResult.Both : local ? CaseResult.Local : CaseResult.Remote, masqueraded);
    }
}
