using System.Collections.Immutable;
using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>
/// What a Service costs the packets: through one dnat rule written by hand, and through the proxy's table with few and with many Services. The ways take turns, and
/// beside each slice of a way stands one that asks the server's own address over the same namespaces, so that the machine's moods meet all of them.
/// </summary>
public static class PacketBench
{
    private const int Rounds = 120, ConnectsPerRound = 35;
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(50);
    private static readonly IPEndPoint Service = new(IPAddress.Parse("10.64.0.1"), 80);

    /// <summary>Measures for about a minute and a half.</summary>
    /// <param name="services">How many Services "many" are.</param>
    /// <param name="step">Told what is being done.</param>
    /// <param name="cancellation">Ends it between two rounds.</param>
    public static async Task<PacketBenchReport> RunAsync(int services, Action<string> step, CancellationToken cancellation)
    {
        step("Preparing");
        using PacketPath oneRule = new(), few = new(), many = new();
        AddOneRule(oneRule.Node);
        using var fewBackend = await ServeAsync(few.Node, 10, cancellation);
        using var manyBackend = await ServeAsync(many.Node, services, cancellation);
        Way[] ways = [new("one dnat rule", oneRule), new("10 Services", few), new($"{services} Services", many)];
        step("Connections, requests and throughput");
        for (var round = 0; round < Rounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var way in ways)
                way.Measure(directFirst: round % 2 == 0);
        }

        return new PacketBenchReport
        {
            Paths = [.. ways.Select(w => w.Report())],
            Kernel = Machine.Kernel,
            Commit = Machine.Commit,
            Processors = Environment.ProcessorCount,
            Date = TimeProvider.System.GetUtcNow(),
        };
    }

    private static void AddOneRule(NetNamespace node)
    {
        using var nft = NftClient.In(node);
        var table = new NftTable(NftFamily.IPv4, "one-rule");
        var register = NftRegister.First;
        nft.Commit(new NftBatch()
            .AddTable(table)
            .AddChain(table, new NftChainSpec { Name = "prerouting", Hook = new(NftChainType.Nat, NftHookPoint.Prerouting, NftPriority.DestinationNat, NftPolicy.Accept) })
            .AddRule(table, "prerouting", new NftRuleSpec(
                PayloadExpression.IPv4Destination(register), new CompareExpression(NftCompare.Equal, register, NftData.Address(Service.Address)),
                new MetaExpression(NftMetaKey.L4Protocol, register), new CompareExpression(NftCompare.Equal, register, NftData.Byte((byte)TransportProtocol.Tcp)),
                PayloadExpression.DestinationPort(register), new CompareExpression(NftCompare.Equal, register, NftData.Port((ushort)Service.Port)),
                new ImmediateExpression(register, NftData.Address(PacketPath.Server.Address)), new ImmediateExpression(register.Plus(1), NftData.Port((ushort)PacketPath.Server.Port)),
                new NatExpression(NftNatKind.Destination, NftFamily.IPv4, register, register.Plus(1)))));
    }

    private static async Task<NftablesBackend> ServeAsync(NetNamespace node, int services, CancellationToken cancellation)
    {
        var options = new BackendOptions { Family = IPFamily.IPv4, LocalDetector = new LocalDetector.Cidr(IPNetwork.Parse("10.0.0.0/8")) };
        var backend = node.Run(() => NftablesBackend.Open(options));
        var state = State(services);
        await backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys]), state, cancellation);
        return backend;
    }

    // The first Service leads to the server; the others have ten endpoints each that nobody asks.
    private static ProxyState State(int services)
    {
        var ports = ImmutableDictionary.CreateBuilder<ServicePortName, ServicePortState>();
        var claims = ImmutableDictionary.CreateBuilder<Frontend, ImmutableArray<FrontendClaim>>();
        for (var i = 0; i < services; i++)
        {
            var port = Port(i);
            ports[port.Name] = port;
            foreach (var (frontend, role) in port.Frontends)
                claims[frontend] = [new FrontendClaim(port.Name, role)];
        }

        return new ProxyState { Ports = ports.ToImmutable(), Claims = claims.ToImmutable() };
    }

    private static ServicePortState Port(int number) => new()
    {
        Name = new ServicePortName("bench", $"service-{number}", "http"),
        ClusterIP = Address(10, 64, number + 1),
        Protocol = TransportProtocol.Tcp,
        Port = (ushort)Service.Port,
        HasEndpointsAnywhere = true,
        Endpoints = number == 0
            ? [new ProxyEndpoint(new EndpointAddress(PackedAddress.From(PacketPath.Server.Address), (ushort)PacketPath.Server.Port), IsRemote: true)]
            : [.. Enumerable.Range(0, 10).Select(e => new ProxyEndpoint(new EndpointAddress(Address(10, (byte)(128 + e), number), 8080), IsRemote: true))],
    };

    private static PackedAddress Address(byte first, byte second, int number) => PackedAddress.Read([first, second, (byte)(number >> 8), (byte)number]);

    private sealed class Way(string name, PacketPath path)
    {
        private readonly List<double> _connects = [], _directConnects = [], _requests = [], _gigabits = [], _requestsOfDirect = [], _gigabitsOfDirect = [];

        public void Measure(bool directFirst)
        {
            path.Connect(PacketPath.Server, ConnectsPerRound, _directConnects);
            path.Connect(Service, ConnectsPerRound, _connects);
            Pair(path.RequestsPerSecond, directFirst, _requests, _requestsOfDirect);
            Pair(path.GigabitsPerSecond, directFirst, _gigabits, _gigabitsOfDirect);
        }

        public PacketPathReport Report() => new()
        {
            Path = name,
            ConnectP50Microseconds = Quantile(_connects, 0.5, 2),
            ConnectP90Microseconds = Quantile(_connects, 0.9, 2),
            DirectConnectP50Microseconds = Quantile(_directConnects, 0.5, 2),
            RequestsPerSecond = Quantile(_requests, 0.5, 0),
            RequestsOfDirect = Quantile(_requestsOfDirect, 0.5, 4),
            GigabitsPerSecond = Quantile(_gigabits, 0.5, 2),
            GigabitsOfDirect = Quantile(_gigabitsOfDirect, 0.5, 4),
        };

        private static void Pair(Func<IPEndPoint, TimeSpan, double> measure, bool directFirst, List<double> values, List<double> ofDirect)
        {
            var before = directFirst ? measure(PacketPath.Server, Slice) : 0;
            var value = measure(Service, Slice);
            var direct = directFirst ? before : measure(PacketPath.Server, Slice);
            values.Add(value);
            ofDirect.Add(value / direct);
        }

        private static double Quantile(List<double> values, double part, int digits) => Math.Round(values.Order().ElementAt((int)((values.Count - 1) * part)), digits);
    }
}
