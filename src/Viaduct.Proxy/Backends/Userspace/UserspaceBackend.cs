using Microsoft.Extensions.Logging;
using Viaduct.Linux;
using Viaduct.Linux.Conntrack;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Route;
using Viaduct.Linux.Sysctls;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Flows;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Userspace;

/// <summary>
/// Serves one IP family by copying: rules redirect each Service port to a port of this process, which connects to an endpoint and copies both ways. The rules are
/// those of nftables mode in a table of their own, with the proxy's port in place of the endpoints. When the process ends, so do the connections.
/// </summary>
public sealed class UserspaceBackend : IDrainingBackend, IInspectedBackend
{
    private static readonly ProxyChange NoChange = new([]);

    private readonly IPFamily family;
    private readonly ILogger log;
    private readonly UserspaceOptions options;
    private readonly IRedirects rules;
    private readonly RouteMonitor addresses = new();
    private readonly ConntrackClient conntrack = new();
    private readonly StaleFlows staleFlows;
    private readonly RelayLoop[] loops;
    private readonly Dictionary<ServicePortName, ServicePortProxy> proxies = [];
    private readonly Dictionary<ServicePortName, ServiceProblem> unspoken = [];
    // Rules may lead to them until the next application that succeeds.
    private readonly List<IPortListener> unused = [];
    private ProxyState? applied;
    private volatile bool hasLostAddress;
    private ProxyState redirected = ProxyState.Empty;
    // What of it the kernel did not refuse.
    private ProxyState served = ProxyState.Empty;
    private int nextLoop;
    private bool isDisposed;

    private UserspaceBackend(BackendOptions backend, ILogger log, UserspaceOptions options, OwnCommits? commits)
    {
        (family, this.log, this.options) = (backend.Family, log, options);
        rules = options.Redirects ?? new NftablesRedirects(backend, commits);
        staleFlows = new StaleFlows(conntrack, family, NoObserver.Instance, log);
        var budget = options.MaxDescriptors is { } limit ? new DescriptorBudget(limit) : DescriptorBudget.OfProcess;
        loops = [.. Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount, 1, 8)).Select(n => new RelayLoop(n, budget, e => Log.RelayFailed(log, e)))];
    }

    /// <summary>For the calling thread's network namespace; all sockets are made there by threads that belong to the backend.</summary>
    /// <param name="backend">What the rules depend on.</param>
    /// <param name="log">For people.</param>
    /// <param name="options">What copying depends on; null: as usual.</param>
    /// <param name="commits">What all families of this namespace have in common; null: this is the only one.</param>
    public static UserspaceBackend Open(BackendOptions backend, ILogger log, UserspaceOptions? options = null, OwnCommits? commits = null) =>
        new(backend, log, options ?? new(), commits);

    /// <summary>What this kernel lacks, a sentence each; nothing if it can serve. For the calling thread's network namespace.</summary>
    public static IReadOnlyList<string> FindMissingFeatures(IPFamily family) => NftablesBackend.FindMissingFeatures(family);

    /// <summary>Removes a family's table and the proxy's address from the calling thread's network namespace, if they are there.</summary>
    public static void Remove(IPFamily family)
    {
        TableRemoval.Remove(NftablesRedirects.TableOf(family));
        ProxyAddress.Remove(family);
    }

    /// <summary>Completes when UDP flows to ports that are no longer served were looked at.</summary>
    public Task StaleFlowsIdle => staleFlows.Idle;

    /// <inheritdoc/>
    /// <remarks>Flows lead to the proxy's ports, so only this backend can tell which are stale.</remarks>
    public bool UsesConntrack => false;

    /// <summary>TCP connections of clients now.</summary>
    public Task<int> CountConnectionsAsync() => CountAsync(l => l.Connections);

    /// <summary>UDP sessions now.</summary>
    public Task<int> CountSessionsAsync() => CountAsync(l => l.Sessions);

    /// <inheritdoc/>
    public async Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation)
    {
        var (before, servedBefore) = (hasLostAddress ? null : applied, served);
        hasLostAddress = false;
        // After an exception the next call looks at everything again.
        applied = null;
        await loops[0].Events.InvokeAsync(() => Prepare(before, change, desired));
        var report = await rules.ApplyAsync(change, redirected, cancellation);
        await CloseUnusedAsync();
        served = redirected.Without(report.RefusedPorts);
        if (before is null)
            staleFlows.NoteAll(servedBefore, served);
        else
            staleFlows.Note(change, servedBefore, served);
        applied = desired;
        return report with { Refused = [.. report.Refused, .. unspoken.Values] };
    }

    /// <inheritdoc/>
    public Task WaitForForeignEditAsync(CancellationToken cancellation) =>
        FirstWait.OfAsync(cancellation, rules.WaitForForeignEditAsync, WaitForLossOfAddressAsync);

    /// <inheritdoc/>
    public Task<IReadOnlyList<KernelItem>> InspectAsync(ProxyState desired, ServicePortState port, CancellationToken cancellation) => loops[0].Events.InvokeAsync<IReadOnlyList<KernelItem>>(() =>
    {
        using var nft = new NftClient();
        var table = NftablesRedirects.TableOf(family);
        return [.. RedirectComparison.Rules(nft, table, family, redirected, port), .. RedirectComparison.Relays(family, port, proxies.GetValueOrDefault(port.Name))];
    });

    /// <inheritdoc/>
    public void StopTaking() => loops[0].Events.InvokeAsync(() =>
    {
        using var conntrack = new ConntrackClient();
        rules.Remove();
        // A UDP flow would stay here as long as its client goes on.
        var sessions = new ConntrackFilter(family.ToAddressFamily(), (byte)TransportProtocol.Udp) { ReplySource = ProxyAddress.Of(family).ToIPAddress() };
        foreach (var flow in conntrack.List(sessions))
            conntrack.Delete(flow);
        return true;
    }).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public async Task WaitForLastConnectionAsync(CancellationToken cancellation)
    {
        using var glance = new PeriodicTimer(TimeSpan.FromSeconds(1));
        do
            await glance.WaitForNextTickAsync(cancellation);
        while (await HasConnectionsAsync());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (isDisposed)
            return;
        isDisposed = true;
        foreach (var proxy in proxies.Values)
            proxy.Close(unused);
        CloseUnusedAsync().GetAwaiter().GetResult();
        foreach (var loop in loops)
            loop.Dispose();
        staleFlows.Idle.GetAwaiter().GetResult();
        conntrack.Dispose();
        addresses.Dispose();
        rules.Dispose();
    }

    private async Task WaitForLossOfAddressAsync(CancellationToken cancellation)
    {
        await foreach (var notice in addresses.ReadAsync(cancellation))
        {
            if (!notice.IsLost && !(notice.IsRemoval && ProxyAddress.Is(notice.Address, family)))
                continue;
            hasLostAddress = true;
            return;
        }
    }

    /// <summary>Opens the listeners that the rules will lead to. On a loop's thread: sockets, addresses and sysctls belong to its network namespace.</summary>
    private bool Prepare(ProxyState? before, ProxyChange change, ProxyState desired)
    {
        if (before is null)
            PrepareNode();
        var names = before is null ? [.. desired.Ports.Keys, .. redirected.Ports.Keys] : RedirectedState.PortsOf(change, before, desired);
        var ports = redirected.Ports.ToBuilder();
        foreach (var name in names)
        {
            if (desired.Ports.TryGetValue(name, out var port))
                ports[name] = Serve(port);
            else if (ports.Remove(name))
                Drop(name);
        }

        redirected = desired with { Ports = ports.ToImmutable() };
        return true;
    }

    private void PrepareNode()
    {
        ProxyAddress.Add(family);
        try
        {
            // Whoever closes first keeps the port for a minute (TIME_WAIT); mostly that is the client, and so we towards the endpoint. Without this,
            // 28,000 connections a minute to one endpoint would use up our ports (tcp_twsk_unique, net/ipv4/tcp_ipv4.c).
            Sysctl.Write("net.ipv4.tcp_tw_reuse", "1");
        }
        catch (LinuxException e)
        {
            Log.PortsNotReused(log, e);
        }
    }

    private ServicePortState Serve(ServicePortState port)
    {
        if (!RedirectedState.IsSpoken(port.Protocol))
        {
            Drop(port.Name);
            unspoken[port.Name] = new(port.Name.Service, $"Service {port.Name.Service}, port {port.Name} is refused: the userspace mode copies TCP and UDP, not SCTP. Use another mode.");
            return RedirectedState.Redirect(port, default, default);
        }

        if (proxies.TryGetValue(port.Name, out var proxy) && proxy.Protocol != port.Protocol)
            Drop(port.Name);
        if (!proxies.TryGetValue(port.Name, out proxy))
            proxies[port.Name] = proxy = new ServicePortProxy(port.Protocol, options.Time, Listen);
        unspoken.Remove(port.Name);
        proxy.Update(port, unused);
        return RedirectedState.Redirect(port, ProxyAddress.Of(family), proxy.Ports);
    }

    private void Drop(ServicePortName name)
    {
        unspoken.Remove(name);
        if (proxies.Remove(name, out var proxy))
            proxy.Close(unused);
    }

    private IPortListener Listen(TransportProtocol protocol, Balancer balancer)
    {
        var proxy = Balancer.PeerOf(new EndpointAddress(ProxyAddress.Of(family), 0));
        return protocol == TransportProtocol.Tcp
            ? new TcpListener(proxy, balancer, loops)
            : new UdpListener(proxy, balancer, loops[nextLoop++ % loops.Length], options.UdpTimeout);
    }

    private async Task CloseUnusedAsync()
    {
        await Task.WhenAll(unused.Select(l => l.CloseAsync()));
        unused.Clear();
    }

    /// <summary>Also those that are no relays yet. In this order: a handshake that ends makes a client that waits, and that one is then counted.</summary>
    private async Task<bool> HasConnectionsAsync()
    {
        if (HasHandshakes())
            return true;
        var listeners = await loops[0].Events.InvokeAsync(() => proxies.Values.SelectMany(p => p.Listeners).ToList());
        return (await Task.WhenAll(listeners.Select(l => l.TakeWaitingAsync()))).Contains(false) || await CountConnectionsAsync() + await CountSessionsAsync() > 0;
    }

    // The kernel keeps a flow's translation without the rules: a client's next SYN still comes here.
    private bool HasHandshakes()
    {
        var found = false;
        var here = new ConntrackFilter(family.ToAddressFamily(), (byte)TransportProtocol.Tcp) { ReplySource = ProxyAddress.Of(family).ToIPAddress() };
        conntrack.Read(here, () => found = false, (in flow) => found |= flow.TcpState is ConntrackTcpState.SynSent or ConntrackTcpState.SynReceived);
        return found;
    }

    private async Task<int> CountAsync(Func<RelayLoop, int> count) =>
        (await Task.WhenAll(loops.Select(l => l.Events.InvokeAsync(() => count(l))))).Sum();
}
