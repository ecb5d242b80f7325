using System.Collections.Immutable;

namespace Viaduct.Proxy.Server.Configuration;

/// <summary>All fields of <c>kubeproxy.config.k8s.io/v1alpha1</c> KubeProxyConfiguration with kube-proxy's defaults, in its order.</summary>
internal static class ConfigFields
{
    public const string ApiVersion = "kubeproxy.config.k8s.io/v1alpha1";
    public const string Kind = "KubeProxyConfiguration";

    private static readonly TimeSpan s_syncPeriod = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_minSyncPeriod = TimeSpan.FromSeconds(1);

    public static ImmutableArray<ConfigField> All { get; } =
    [
        new("featureGates", ConfigKind.Switches, ImmutableSortedDictionary<string, bool>.Empty),
        Text("clientConnection.kubeconfig"),
        Text("clientConnection.acceptContentTypes"),
        Text("clientConnection.contentType", "application/vnd.kubernetes.protobuf"),
        new("clientConnection.qps", ConfigKind.Number, 5.0),
        Integer("clientConnection.burst", 10),
        Text("logging.format", "text"),
        new("logging.flushFrequency", ConfigKind.Opaque),
        Integer("logging.verbosity", 0),
        new("logging.vmodule", ConfigKind.Opaque),
        new("logging.options", ConfigKind.Opaque),
        Text("hostnameOverride"),
        Text("bindAddress", "0.0.0.0"),
        Text("healthzBindAddress", "0.0.0.0:10256"),
        Text("metricsBindAddress", "127.0.0.1:10249"),
        Boolean("bindAddressHardFail"),
        Boolean("enableProfiling"),
        Text("showHiddenMetricsForVersion"),
        Text("mode"),
        Integer("iptables.masqueradeBit", 14) with { ZeroCounts = true },
        Boolean("iptables.masqueradeAll"),
        Boolean("iptables.localhostNodePorts", true) with { ZeroCounts = true },
        Duration("iptables.syncPeriod", s_syncPeriod),
        Duration("iptables.minSyncPeriod", s_minSyncPeriod),
        Duration("ipvs.syncPeriod", s_syncPeriod),
        Duration("ipvs.minSyncPeriod", TimeSpan.Zero),
        Text("ipvs.scheduler"),
        List("ipvs.excludeCIDRs"),
        Boolean("ipvs.strictARP"),
        Duration("ipvs.tcpTimeout", TimeSpan.Zero),
        Duration("ipvs.tcpFinTimeout", TimeSpan.Zero),
        Duration("ipvs.udpTimeout", TimeSpan.Zero),
        Integer("nftables.masqueradeBit", 14) with { ZeroCounts = true },
        Boolean("nftables.masqueradeAll"),
        Duration("nftables.syncPeriod", s_syncPeriod),
        Duration("nftables.minSyncPeriod", s_minSyncPeriod),
        Text("winkernel.networkName"),
        Text("winkernel.sourceVip"),
        Boolean("winkernel.enableDSR"),
        Text("winkernel.rootHnsEndpointName"),
        Boolean("winkernel.forwardHealthCheckVip"),
        Text("detectLocalMode", "ClusterCIDR"),
        Text("detectLocal.bridgeInterface"),
        Text("detectLocal.interfaceNamePrefix"),
        Text("clusterCIDR"),
        List("nodePortAddresses"),
        Integer("oomScoreAdj", -999) with { ZeroCounts = true },
        Integer("conntrack.maxPerCore", 32768) with { ZeroCounts = true },
        Integer("conntrack.min", 131072) with { ZeroCounts = true },
        Duration("conntrack.tcpEstablishedTimeout", TimeSpan.FromHours(24)) with { ZeroCounts = true },
        Duration("conntrack.tcpCloseWaitTimeout", TimeSpan.FromHours(1)) with { ZeroCounts = true },
        Boolean("conntrack.tcpBeLiberal"),
        Duration("conntrack.udpTimeout", TimeSpan.Zero),
        Duration("conntrack.udpStreamTimeout", TimeSpan.Zero),
        Duration("configSyncPeriod", TimeSpan.FromMinutes(15)),
        Text("portRange"),
        Boolean("windowsRunAsService"),
    ];

    public static IReadOnlyDictionary<string, ConfigField> ByPath { get; } = All.ToDictionary(f => f.Path);

    private static ConfigField Text(string path, string value = "") => new(path, ConfigKind.Text, value);

    private static ConfigField Boolean(string path, bool value = false) => new(path, ConfigKind.Boolean, value);

    private static ConfigField Integer(string path, int value) => new(path, ConfigKind.Integer, value);

    private static ConfigField Duration(string path, TimeSpan value) => new(path, ConfigKind.Duration, value);

    private static ConfigField List(string path) => new(path, ConfigKind.TextList, ImmutableArray<string>.Empty);
}
