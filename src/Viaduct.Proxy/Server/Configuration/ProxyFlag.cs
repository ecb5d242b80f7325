using System.Collections.Immutable;
using Viaduct.Proxy.Backends;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>A flag of kube-proxy and the field of the configuration that it sets.</summary>
/// <param name="Name">With its dashes.</param>
/// <param name="Path">The field.</param>
/// <param name="Description">For the help; null for a flag without effect here.</param>
public sealed record ProxyFlag(string Name, string Path, string? Description)
{
    /// <summary>Accepted, so that a kube-proxy's command line works, but nothing comes of it.</summary>
    public bool HasNoEffect => Description is null;

    /// <summary>Modes without fields of their own share those of iptables.</summary>
    public bool IsFor(ProxyMode mode) => Name switch
    {
        _ when Name.StartsWith("--iptables-", StringComparison.Ordinal) => mode != ProxyMode.Nftables,
        _ when Name.StartsWith("--ipvs-", StringComparison.Ordinal) => mode.Name() == "ipvs",
        _ => true,
    };

    public bool IsBoolean => ConfigFields.ByPath[Path].Kind == ConfigKind.Boolean;

    public bool IsList => ConfigFields.ByPath[Path].Kind is ConfigKind.TextList or ConfigKind.Switches;

    /// <summary>All flags that stand for a field, in the order of the help.</summary>
    public static ImmutableArray<ProxyFlag> All { get; } =
    [
        new("--kubeconfig", "clientConnection.kubeconfig", "Kubeconfig file of the API server; without it and --master: the service account of the pod"),
        new("--hostname-override", "hostnameOverride", "Name of this node in the API, if it is not the host's name"),
        new("--bind-address", "bindAddress", "This node's own address, if not unspecified; its family is the first"),
        new("--healthz-bind-address", "healthzBindAddress", "Where /healthz and /livez answer; empty: nowhere"),
        new("--metrics-bind-address", "metricsBindAddress", "Where /metrics, /proxyMode and /configz answer; empty: nowhere"),
        new("--bind-address-hard-fail", "bindAddressHardFail", "End when one of the two addresses cannot be listened on, instead of trying again"),
        new("--proxy-mode", "mode", $"How Services are served: {ProxyModeNames.All}; empty is {ProxyModeNames.Default.Name()}"),
        new("--masquerade-all", "nftables.masqueradeAll", "Every connection to a cluster IP gets this node's address; in userspace mode it does anyway"),
        new("--detect-local-mode", "detectLocalMode", "How pods of this node are told: ClusterCIDR, NodeCIDR, BridgeInterface or InterfaceNamePrefix"),
        new("--cluster-cidr", "clusterCIDR", "Addresses of the cluster's pods for ClusterCIDR; one network per IP family"),
        new("--pod-bridge-interface", "detectLocal.bridgeInterface", "The bridge of the pods for BridgeInterface"),
        new("--pod-interface-name-prefix", "detectLocal.interfaceNamePrefix", "How the names of pods' devices begin for InterfaceNamePrefix"),
        new("--nodeport-addresses", "nodePortAddresses", "Networks whose addresses answer node ports, or the word primary: this node's addresses"),
        new("--oom-score-adj", "oomScoreAdj", "The process's oom_score_adj, -1000 to 1000"),
        new("--conntrack-max-per-core", "conntrack.maxPerCore", "Connections to track per core; 0 leaves the limit"),
        new("--conntrack-min", "conntrack.min", "Connections to track at least"),
        new("--conntrack-tcp-timeout-established", "conntrack.tcpEstablishedTimeout", "Idle time-out of TCP connections; 0 leaves it"),
        new("--conntrack-tcp-timeout-close-wait", "conntrack.tcpCloseWaitTimeout", "Time-out of half-closed TCP connections; 0 leaves it"),
        new("--conntrack-tcp-be-liberal", "conntrack.tcpBeLiberal", "Packets outside of the TCP window are not invalid"),
        new("--conntrack-udp-timeout", "conntrack.udpTimeout", "Idle time-out of UDP without an answer; 0 leaves it"),
        new("--conntrack-udp-timeout-stream", "conntrack.udpStreamTimeout", "Idle time-out of UDP with answers; 0 leaves it"),
        new("--feature-gates", "featureGates", "NAME=true,... of kube-proxy; ComponentFlagz and ComponentStatusz add pages, the others have no effect"),
        new("--kube-api-content-type", "clientConnection.contentType", null),
        new("--kube-api-qps", "clientConnection.qps", null),
        new("--kube-api-burst", "clientConnection.burst", null),
        new("--config-sync-period", "configSyncPeriod", null),
        new("--profiling", "enableProfiling", null),
        new("--show-hidden-metrics-for-version", "showHiddenMetricsForVersion", null),
        new("--iptables-masquerade-bit", "iptables.masqueradeBit", "Mode iptables: the bit of the packet mark that asks for this node's address"),
        new("--iptables-localhost-nodeports", "iptables.localhostNodePorts", "Mode iptables: node ports on 127.0.0.1, too, unless --nodeport-addresses leaves it out; the default"),
        new("--iptables-sync-period", "iptables.syncPeriod", "Modes iptables and userspace: how often rules are looked after; a change that waits for twice as long makes the proxy unhealthy"),
        new("--iptables-min-sync-period", "iptables.minSyncPeriod", "Modes iptables and userspace: pause between two changes; 1s, the default, is none"),
        new("--ipvs-sync-period", "ipvs.syncPeriod", "Mode ipvs: a change that waits for twice as long makes the proxy unhealthy"),
        new("--ipvs-min-sync-period", "ipvs.minSyncPeriod", "Mode ipvs: pause between two changes"),
        new("--ipvs-scheduler", "ipvs.scheduler", "Mode ipvs: how the kernel chooses an endpoint; empty: rr"),
        new("--ipvs-exclude-cidrs", "ipvs.excludeCIDRs", "Mode ipvs: networks whose virtual services are not this proxy's"),
        new("--ipvs-strict-arp", "ipvs.strictARP", "Mode ipvs: links answer ARP for their own addresses only"),
        new("--ipvs-tcp-timeout", "ipvs.tcpTimeout", "Mode ipvs: idle time-out of TCP connections; 0 leaves it"),
        new("--ipvs-tcpfin-timeout", "ipvs.tcpFinTimeout", "Mode ipvs: the same after a FIN; 0 leaves it"),
        new("--ipvs-udp-timeout", "ipvs.udpTimeout", "Mode ipvs: idle time-out of UDP; 0 leaves it"),
        new("--logging-format", "logging.format", null),
        new("--log-flush-frequency", "logging.flushFrequency", null),
        new("--vmodule", "logging.vmodule", null),
        new("--v", "logging.verbosity", "How much is logged: 4 and more also details, 6 and more everything"),
    ];
}
