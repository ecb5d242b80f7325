using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Linux.Conntrack;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;
using Viaduct.Proxy.Server.Configuration;
using Viaduct.Proxy.Server.Health;
using Viaduct.Proxy.Server.Http;
using Viaduct.Proxy.Server.Metrics;
using Viaduct.Proxy.Server.NodeFacts;
using Viaduct.Proxy.Switching;

namespace Viaduct.Proxy.Server;

/// <summary>
/// A proxy with everything around it: a backend per IP family, health and metrics servers, Events. Works in the network namespace
/// that it is opened and run in.
/// </summary>
public sealed class ProxyInstance : IDisposable
{
    private readonly ServiceProxy proxy;
    private readonly ProxyEvents events;
    private readonly NodeCidrGuard guard;
    private readonly IReadOnlyList<RetriedServer> servers;
    private readonly List<IDisposable> owned = [];

    private ProxyInstance(ProxyConfiguration configuration, NodeIdentity node, IKubeApi api, ILoggerFactory loggers)
    {
        var log = loggers.CreateLogger("Viaduct.Proxy");
        var families = node.Families(Socket.OSSupportsIPv6);
        var backends = new Dictionary<IPFamily, SwitchingBackend>();
        Mode = new ModeSwitch(backends, mode => ModeRequirements.Require(mode, families.Select(f => Options(configuration.InMode(mode), node, f))));
        var health = ProxyHealth.For(configuration, families, TimeProvider.System);
        var metrics = new ProxyMetrics(TimeProvider.System, () => Mode.Mode);
        events = new ProxyEvents(api, node.Name, log);
        guard = new NodeCidrGuard(configuration.DetectLocalMode == "NodeCIDR" ? node.PodCidrs : null);
        servers = Servers(configuration, health, new ProxyPages(() => configuration.InMode(Mode.Mode), metrics), metrics, log);

        var healthChecks = new Dictionary<IPFamily, ServiceHealthServers>();
        var commits = new OwnCommits();
        foreach (var family in families)
        {
            var modes = new FamilyModes(family, mode => Options(configuration.InMode(mode), node, family), commits, log);
            backends[family] = Own(new SwitchingBackend(modes, configuration.ProxyMode, log));
            healthChecks[family] = Own(new ServiceHealthServers(
                () => NodePortNetworks.ToListenOn(modes.Options(Mode.Mode).NodePortNetworks, family, LocalAddresses), () => health.Report().IsHealthy, events.WarnOfHealthCheck, log));
            if (modes.Options(configuration.ProxyMode).LocalDetector is null)
                ServerLog.Warn(log, $"No {family} pod of this node can be told from other clients, because detectLocalMode {configuration.DetectLocalMode} has no network of this family: give --cluster-cidr.");
        }

        if (configuration.NodePortAddresses.IsEmpty)
            ServerLog.Warn(log, $"Node ports answer on all addresses of this node, because nodePortAddresses is empty and the mode is {configuration.ProxyMode.Name()}: set it (--nodeport-addresses) to primary if they should not.");
        var options = new ProxyOptions { NodeName = node.Name, NodeAddresses = node.Addresses, MinSyncPeriod = Pause(configuration) };
        proxy = new ServiceProxy(
            api, backends.ToDictionary(b => b.Key, b => (IProxyBackend)b.Value), options, loggers.CreateLogger<ServiceProxy>(), new ProxyObserver(health, metrics, events, healthChecks, guard),
            Own(new ConntrackClient()));
        health.WaitingSince = proxy.WaitingSince;
        Inspector = new ServiceInspector(node.Name, proxy, families, () => Mode.Mode, () => new NftClient(), (family, state, port, cancellation) => backends[family].InspectAsync(state, port, cancellation));
    }

    /// <summary>How Services are served, and how to change it.</summary>
    public ModeSwitch Mode { get; }

    /// <summary>Tells what the proxy wants of a Service and what the kernel has; in the proxy's network namespace.</summary>
    public ServiceInspector Inspector { get; }

    /// <summary>Opens the kernel's sockets in the current network namespace; nothing is changed before <see cref="RunAsync"/>.</summary>
    public static ProxyInstance Open(ProxyConfiguration configuration, NodeIdentity node, IKubeApi api, ILoggerFactory loggers) =>
        new(configuration, node, api, loggers);

    /// <summary>Tells people by an Event what is wrong with this node.</summary>
    public void WarnOfNode(string reason, string message) => events.WarnOfNode(reason, message);

    /// <summary>Serves until cancelled.</summary>
    /// <exception cref="ProxyEndException">The proxy must be started anew.</exception>
    public Task RunAsync(CancellationToken cancellation) =>
        Together.RunAsync(cancellation, [proxy.RunAsync, events.RunAsync, guard.RunAsync, .. servers.Select<RetriedServer, Func<CancellationToken, Task>>(s => s.RunAsync)]);

    public void Dispose()
    {
        foreach (var one in owned)
            one.Dispose();
    }

    internal static BackendOptions Options(ProxyConfiguration configuration, NodeIdentity node, IPFamily family) => new()
    {
        Family = family,
        LocalDetector = Detectors.For(configuration, node.PodCidrs, family),
        MasqueradeAll = configuration.MasqueradeAll,
        NodePortNetworks = NodePortNetworks.Of(configuration.NodePortAddresses, node.Addresses, family),
        BridgeWithoutNetfilter = node.BridgeWithoutNetfilter,
        MasqueradeBit = configuration.MasqueradeBit,
        LocalhostNodePorts = configuration.LocalhostNodePorts,
        SyncPeriod = configuration.SyncPeriod,
        Ipvs = configuration.Ipvs,
    };

    /// <summary>kube-proxy's default pause protects it from the cost of its own changes; here a change costs so little that only a chosen one counts.</summary>
    private static TimeSpan Pause(ProxyConfiguration configuration) =>
        configuration.IsMinSyncPeriodDefault ? TimeSpan.Zero : configuration.MinSyncPeriod;

    private static List<RetriedServer> Servers(ProxyConfiguration configuration, ProxyHealth health, ProxyPages pages, ProxyMetrics metrics, ILogger log)
    {
        var servers = new List<RetriedServer>();
        Add("healthz server", configuration.HealthzBindAddress, new HealthPages(health, metrics.HealthAnswered).Answer);
        Add("metrics server", configuration.MetricsBindAddress, pages.Answer);
        return servers;

        void Add(string what, string address, Func<string, TinyAnswer> answer)
        {
            if (address.Length > 0)
                servers.Add(new RetriedServer(what, address, answer, configuration.BindAddressHardFail, log));
        }
    }

    private static IEnumerable<IPAddress> LocalAddresses() =>
        NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address);

    private T Own<T>(T one)
        where T : IDisposable
    {
        owned.Add(one);
        return one;
    }
}
