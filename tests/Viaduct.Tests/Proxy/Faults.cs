using System.Collections.Immutable;
using System.Net;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Nftables;

namespace Viaduct.Tests.Proxy;

/// <summary>Makes a fault happen at every step of a first write and of a change, and looks at what the kernel has afterwards.</summary>
internal static class Faults
{
    private static readonly IPFamily Family = IPFamily.IPv4;
    private static readonly BackendOptions Options = new() { Family = Family, LocalDetector = new LocalDetector.Bridge("cni0") };

    /// <summary>The faults that do not need anybody else.</summary>
    public static IReadOnlyList<(TransportFault Fault, int Errno)> All { get; } =
    [
        .. new[] { Errno.ENOMEM, Errno.EBUSY, Errno.EEXIST, Errno.ENOENT }.Select(e => (TransportFault.RefuseMessage, e)),
        (TransportFault.FailSend, Errno.ENOBUFS), (TransportFault.FailAfterSend, Errno.ENOBUFS), (TransportFault.LoseAnswers, 0), (TransportFault.FailReceive, Errno.ENOBUFS),
        (TransportFault.FailReceive, Errno.ENOMEM), (TransportFault.InterruptDump, 0),
    ];

    private static ProxyState Before { get; } = State(
        Port("web", 1) with { NodePort = 30080, ExternalIPs = [Address("192.0.2.1")], LoadBalancerIPs = [Address("192.0.2.8")], SourceRanges = [IPNetwork.Parse("10.8.0.0/16")], AffinitySeconds = 60 },
        Port("dns", 2) with { Protocol = TransportProtocol.Udp },
        Port("none", 3) with { Endpoints = [], HasEndpointsAnywhere = false },
        Port("local", 4) with { NodePort = 30081, ExternalLocal = true, LocalEndpoints = [.. Endpoints(1)] }) with { ServiceCidrs = [IPNetwork.Parse("10.96.0.0/16")] };

    private static ProxyState After { get; } = State(
        Port("web", 1) with { NodePort = 30080, LoadBalancerIPs = [Address("192.0.2.8")], SourceRanges = [IPNetwork.Parse("10.9.0.0/16")], AffinitySeconds = 30, Endpoints = [.. Endpoints(2)] },
        Port("none", 3),
        Port("local", 4) with { NodePort = 30081, Endpoints = [.. Endpoints(1)] },
        Port("new", 5) with { Endpoints = [.. Endpoints(7)] }) with { ServiceCidrs = [IPNetwork.Parse("10.97.0.0/16")] };

    /// <summary>Of a change nothing or everything is there, whatever happened, and the next application is as a fresh write.</summary>
    /// <param name="kernel">A kernel without tables, as often as it is asked for.</param>
    /// <param name="fault">What happens.</param>
    /// <param name="errno">The error.</param>
    /// <param name="isRestart">Whether the proxy knows nothing of what there is, and must read it.</param>
    /// <returns>At how many steps.</returns>
    public static int OfAChange(Func<FaultyKernel> kernel, TransportFault fault, int errno, bool isRestart)
    {
        var (before, after) = (Fresh(kernel, Before), Fresh(kernel, After));
        for (var step = 1; ; step++)
        {
            using var place = kernel();
            var backend = place.Open(Options);
            Apply(backend, Before, ProxyState.Empty);
            if (isRestart)
                backend = place.Open(Options);
            place.Transport.Arm(fault, step, errno, place.Meanwhile);
            var isDone = TryApply(backend, After, Before);
            if (fault != TransportFault.Meanwhile && isDone)
                Assert.Equal(after, Contents(place));
            else if (fault != TransportFault.Meanwhile)
                Assert.Contains(Contents(place), (List<string>[])[before, WithNewChains(before, after), after]);
            else if (!Contents(place).SequenceEqual(after))
                Assert.True(backend.WaitForForeignEditAsync(default).Wait(TimeSpan.FromSeconds(20)), $"What was edited at step {step} was not noticed.");
            Apply(backend, After, Before);
            Assert.Equal(after, Contents(place));
            if (!place.Transport.HasFailed)
                return step - 1;
        }
    }

    /// <summary>After a first write that broke off, the next application is as a fresh write. It may be in parts, each Service whole.</summary>
    public static int OfAFirstWrite(Func<FaultyKernel> kernel, TransportFault fault, int errno) =>
        OfAFirstWrite(kernel, fault, errno, State(Port("alone", 1))) + OfAFirstWrite(kernel, fault, errno, Before);

    private static int OfAFirstWrite(Func<FaultyKernel> kernel, TransportFault fault, int errno, ProxyState state)
    {
        var expected = Fresh(kernel, state);
        for (var step = 1; ; step++)
        {
            using var place = kernel();
            var backend = place.Open(Options);
            place.Transport.Arm(fault, step, errno, place.Meanwhile);
            TryApply(backend, state, ProxyState.Empty);
            Assert.Empty(Apply(backend, state, ProxyState.Empty).Refused);
            Assert.Equal(expected, Contents(place));
            if (!place.Transport.HasFailed)
                return step - 1;
        }
    }

    /// <summary>A first write of some Services.</summary>
    public static ProxyReport Write(NftClient nft) => Apply(new NftablesBackend(nft, Options), Before, ProxyState.Empty);

    // New chains come in a transaction of their own, before whatever leads to them.
    private static List<string> WithNewChains(List<string> before, List<string> after)
    {
        var chains = after.Where(line => line.StartsWith("chain ", StringComparison.Ordinal)).Except(before).Select(line => line["chain ".Length..]).ToHashSet();
        List<string> both = [.. before, .. after.Where(line => chains.Any(c => line == $"chain {c}" || line == $"rule {c}"))];
        both.Sort(StringComparer.Ordinal);
        return both;
    }

    private static List<string> Fresh(Func<FaultyKernel> kernel, ProxyState state)
    {
        using var place = kernel();
        Apply(place.Open(Options), state, ProxyState.Empty);
        return Contents(place);
    }

    // Reading is no step of what is tried.
    private static List<string> Contents(FaultyKernel place) => TableContents.Of(Family, new NftClient(place.Transport.Inner));

    private static bool TryApply(NftablesBackend backend, ProxyState state, ProxyState before)
    {
        try
        {
            Assert.Empty(Apply(backend, state, before).Refused);
            return true;
        }
        catch (NetlinkException)
        {
            return false;
        }
    }

    private static ProxyReport Apply(NftablesBackend backend, ProxyState state, ProxyState before) =>
        backend.ApplyAsync(new ProxyChange([.. state.Claims.Keys.Union(before.Claims.Keys)], ServiceCidrsChanged: true), state, default).GetAwaiter().GetResult();

    private static ProxyState State(params IEnumerable<ServicePortState> ports) => ServiceStep.StateOf(ports.ToImmutableDictionary(p => p.Name));

    private static ServicePortState Port(string name, int number) => new()
    {
        Name = new("default", name, ""),
        ClusterIP = Address($"10.96.0.{number}"),
        Protocol = TransportProtocol.Tcp,
        Port = 80,
        Endpoints = [.. Endpoints(3)],
        HasEndpointsAnywhere = true,
    };

    private static IEnumerable<ProxyEndpoint> Endpoints(int count) => Enumerable.Range(1, count).Select(e => new ProxyEndpoint(new(Address($"10.1.0.{e}"), 8080), IsRemote: e > 2));

    private static PackedAddress Address(string text) => PackedAddress.From(IPAddress.Parse(text));
}

/// <summary>A kernel behind a faulty transport.</summary>
/// <param name="inner">The way to it.</param>
/// <param name="monitor">Tells of changes; null where nothing can.</param>
/// <param name="meanwhile">Somebody else's edit.</param>
/// <param name="dispose">Ends it.</param>
internal sealed class FaultyKernel(INetlinkTransport inner, NftMonitor? monitor = null, Action? meanwhile = null, Action? dispose = null) : IDisposable
{
    public FaultyTransport Transport { get; } = new(inner);

    public Action? Meanwhile => meanwhile;

    /// <summary>A proxy that knows nothing yet.</summary>
    public NftablesBackend Open(BackendOptions options) => new(new NftClient(Transport), options, monitor);

    public void Dispose()
    {
        Transport.Dispose();
        monitor?.Dispose();
        dispose?.Invoke();
    }
}
