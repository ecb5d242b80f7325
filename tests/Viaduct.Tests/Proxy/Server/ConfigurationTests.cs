using System.Text.Json.Nodes;
using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Tests.Proxy.Server;

public class ConfigurationTests
{
    private const string Head = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";

    private static string Allowed(string path) => $"The configuration c.yaml {path}";

    [Theory]
    [InlineData("conntrack: {maxPerCor: 1}", "has the unknown field conntrack.maxPerCor; in conntrack are allowed: maxPerCore, min, tcpEstablishedTimeout, tcpCloseWaitTimeout, tcpBeLiberal, udpTimeout, udpStreamTimeout.")]
    [InlineData("conntrack: {maxPerCore: many}", "has \"many\" in conntrack.maxPerCore, which must be a whole number of 32 bits.")]
    [InlineData("conntrack: {maxPerCore: 3000000000}", "has 3000000000 in conntrack.maxPerCore, which must be a whole number of 32 bits.")]
    [InlineData("conntrack: {maxPerCore: 1.5}", "has 1.5 in conntrack.maxPerCore, which must be a whole number of 32 bits.")]
    [InlineData("conntrack: 5", "has 5 in conntrack, which must be a mapping.")]
    [InlineData("configSyncPeriod: 15", "has 15 in configSyncPeriod, which must be a duration such as 30s or 1h0m0s.")]
    [InlineData("configSyncPeriod: 15 minutes", "has \"15 minutes\" in configSyncPeriod, which must be a duration such as 30s or 1h0m0s.")]
    [InlineData("bindAddressHardFail: \"true\"", "has \"true\" in bindAddressHardFail, which must be true or false.")]
    [InlineData("hostnameOverride: 7", "has 7 in hostnameOverride, which must be a text.")]
    [InlineData("nodePortAddresses: 10.0.0.0/8", "has \"10.0.0.0/8\" in nodePortAddresses, which must be a list of texts.")]
    [InlineData("nodePortAddresses: [1]", "has [1] in nodePortAddresses, which must be a list of texts.")]
    [InlineData("featureGates: {A: 1}", "has {\"A\":1} in featureGates, which must be a mapping of names to true or false.")]
    [InlineData("clientConnection: {qps: fast}", "has \"fast\" in clientConnection.qps, which must be a number.")]
    public void A_wrong_field_is_named_with_what_it_must_be(string yaml, string complaint)
    {
        var e = Assert.Throws<ProxyConfigurationException>(() => ConfigReader.Parse(Head + yaml, "c.yaml"));
        Assert.Equal(Allowed(complaint), e.Message);
    }

    [Fact]
    public void An_unknown_field_at_the_top_is_refused()
    {
        var e = Assert.Throws<ProxyConfigurationException>(() => ConfigReader.Parse(Head + "proxyMode: nftables", "c.yaml"));
        Assert.StartsWith("The configuration c.yaml has the unknown field proxyMode; at the top are allowed: featureGates, clientConnection,", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mode: nftables\nmode: \"\"", "the key \"mode\" stands twice")]
    [InlineData("conntrack:\n  min: 1\n  min: 2", "the key \"min\" stands twice")]
    public void A_doubled_field_is_refused(string yaml, string complaint)
    {
        var e = Assert.Throws<ProxyConfigurationException>(() => ConfigReader.Parse(Head + yaml, "c.yaml"));
        Assert.Contains(complaint, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_doubled_field_of_json_is_refused() =>
        Assert.Throws<ProxyConfigurationException>(() => ConfigReader.Parse(
            """{"apiVersion":"kubeproxy.config.k8s.io/v1alpha1","kind":"KubeProxyConfiguration","mode":"nftables","mode":""}""", "c.json"));

    [Theory]
    [InlineData("apiVersion: kubeproxy.config.k8s.io/v1beta1\nkind: KubeProxyConfiguration", "is a kubeproxy.config.k8s.io/v1beta1 KubeProxyConfiguration; it must be a kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration.")]
    [InlineData("apiVersion: v1\nkind: ConfigMap", "is a v1 ConfigMap; it must be a kubeproxy.config.k8s.io/v1alpha1 KubeProxyConfiguration.")]
    public void Another_kind_is_refused(string yaml, string complaint) =>
        Assert.Equal(Allowed(complaint), Assert.Throws<ProxyConfigurationException>(() => ConfigReader.Parse(yaml, "c.yaml")).Message);

    [Theory]
    [InlineData("mode: bpf", "mode (--proxy-mode) is \"bpf\" and must be one of nftables, iptables, ipvs, userspace, or empty for nftables.")]
    [InlineData("mode: IPTables", "mode (--proxy-mode) is \"IPTables\" and must be one of nftables, iptables, ipvs, userspace, or empty for nftables.")]
    [InlineData("featureGates: {NoSuchGate: true}", "featureGates has the gate NoSuchGate, which kube-proxy 1.34 does not know: correct its name or leave it out.")]
    [InlineData("featureGates: {NFTablesProxyMode: false}", "featureGates sets NFTablesProxyMode to false, but it is locked to true: leave it out.")]
    [InlineData("featureGates: {WatchFromStorageWithoutResourceVersion: true}", "featureGates sets WatchFromStorageWithoutResourceVersion to true, but it is locked to false: leave it out.")]
    [InlineData("oomScoreAdj: -1001", "oomScoreAdj is -1001 and must be between -1000 and 1000.")]
    [InlineData("nftables: {masqueradeBit: 32}", "nftables.masqueradeBit is 32 and must be between 0 and 31.")]
    [InlineData("conntrack: {min: -1}", "conntrack.min is -1 and must be 0 or more.")]
    [InlineData("conntrack: {tcpEstablishedTimeout: -1s}", "conntrack.tcpEstablishedTimeout is -1s and must not be negative.")]
    [InlineData("nftables: {minSyncPeriod: 1m, syncPeriod: 10s}", "nftables.minSyncPeriod is 1m0s and must not be longer than nftables.syncPeriod, 10s.")]
    [InlineData("bindAddress: localhost", "bindAddress is \"localhost\" and must be an IP address.")]
    [InlineData("healthzBindAddress: 0.0.0.0:65536", "healthzBindAddress is \"0.0.0.0:65536\" and must be ADDRESS:PORT, such as 0.0.0.0:10256 or [::]:10256.")]
    [InlineData("metricsBindAddress: 127.0.0.1:0", "metricsBindAddress is \"127.0.0.1:0\" and must be ADDRESS:PORT, such as 0.0.0.0:10256 or [::]:10256.")]
    [InlineData("clusterCIDR: 10.0.0.0", "clusterCIDR holds \"10.0.0.0\" and must be a network such as 10.244.0.0/16, or one per IP family with a comma between them.")]
    [InlineData("clusterCIDR: 10.0.0.0/8,11.0.0.0/8", "clusterCIDR is \"10.0.0.0/8,11.0.0.0/8\" and must be at most one network per IP family.")]
    [InlineData("nodePortAddresses: [primary, 10.0.0.0/8]", "nodePortAddresses holds \"primary\" beside other words; primary must stand alone.")]
    [InlineData("nodePortAddresses: [10.0.0.1]", "nodePortAddresses holds \"10.0.0.1\" and must be networks such as 192.168.0.0/16, or the single word primary.")]
    [InlineData("ipvs: {excludeCIDRs: [ten]}", "ipvs.excludeCIDRs holds \"ten\" and must be networks such as 10.0.0.0/8.")]
    [InlineData("detectLocalMode: Magic", "detectLocalMode is \"Magic\" and must be one of ClusterCIDR, NodeCIDR, BridgeInterface, InterfaceNamePrefix.")]
    [InlineData("detectLocalMode: BridgeInterface", "detectLocal.bridgeInterface is empty and must be set when detectLocalMode is BridgeInterface.")]
    [InlineData("detectLocalMode: InterfaceNamePrefix", "detectLocal.interfaceNamePrefix is empty and must be set when detectLocalMode is InterfaceNamePrefix.")]
    [InlineData("{detectLocalMode: BridgeInterface, detectLocal: {bridgeInterface: sixteen-letters-}}", "detectLocal.bridgeInterface is \"sixteen-letters-\" and must have at most 15 characters.")]
    public void A_value_that_cannot_be_used_is_named_with_what_is_allowed(string yaml, string complaint)
    {
        var text = yaml[0] == '{' ? Head + yaml[1..^1].Replace("}, ", "}\n", StringComparison.Ordinal).Replace(", detectLocal:", "\ndetectLocal:", StringComparison.Ordinal) : Head + yaml;
        Assert.Equal([complaint], ConfigValidation.Problems(ConfigReader.Parse(text, "c.yaml")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("clusterCIDR: 10.244.0.0/16,fd00::/56")]
    [InlineData("clusterCIDR: fd00::1/56")]
    [InlineData("nodePortAddresses: [primary]")]
    [InlineData("nodePortAddresses: [127.0.0.0/8, 10.0.0.5/24, '::/0']")]
    [InlineData("healthzBindAddress: '[::1]:1'")]
    [InlineData("healthzBindAddress: 10.0.0.1")]
    [InlineData("detectLocalMode: NodeCIDR")]
    [InlineData("featureGates: {AllAlpha: false, ComponentStatusz: true, NFTablesProxyMode: true, PreferSameTrafficDistribution: false}")]
    [InlineData("{detectLocalMode: InterfaceNamePrefix, detectLocal: {interfaceNamePrefix: veth}}")]
    [InlineData("logging: {verbosity: 3, flushFrequency: 5s, options: {text: {infoBufferSize: '0'}}}")]
    public void What_kube_proxy_takes_is_taken(string yaml)
    {
        var text = yaml.StartsWith('{') ? Head + yaml[1..^1].Replace(", detectLocal:", "\ndetectLocal:", StringComparison.Ordinal) : Head + yaml;
        Assert.Empty(ConfigValidation.Problems(ConfigReader.Parse(text, "c.yaml")));
    }

    [Fact]
    public void Defaults_are_those_of_kube_proxy()
    {
        var configuration = ConfigReader.Parse(Head, "c.yaml");
        Assert.Empty(configuration.Changed);
        Assert.Equal(("0.0.0.0:10256", "127.0.0.1:10249", -999), (configuration.HealthzBindAddress, configuration.MetricsBindAddress, configuration.OomScoreAdj));
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), "ClusterCIDR"), (configuration.SyncPeriod, configuration.MinSyncPeriod, configuration.DetectLocalMode));
        Assert.Equal(
            new ConntrackConfiguration(32768, 131072, TimeSpan.FromDays(1), TimeSpan.FromHours(1), false, TimeSpan.Zero, TimeSpan.Zero), configuration.Conntrack);
    }

    [Fact]
    public void Servers_follow_the_family_of_bindAddress()
    {
        var configuration = ConfigReader.Parse(Head + "bindAddress: '::'", "c.yaml");
        Assert.Equal(("[::]:10256", "[::1]:10249"), (configuration.HealthzBindAddress, configuration.MetricsBindAddress));
    }

    [Fact]
    public void Zero_is_the_default_except_where_it_means_something()
    {
        var configuration = ConfigReader.Parse(Head + "configSyncPeriod: 0s\nnftables: {syncPeriod: 0s}\noomScoreAdj: 0\nconntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s}", "c.yaml");
        Assert.Equal(["oomScoreAdj", "conntrack.maxPerCore", "conntrack.tcpEstablishedTimeout"], configuration.Changed);
    }

    [Fact]
    public void What_is_written_reads_back_the_same()
    {
        var configuration = ConfigReader.Parse(
            Head + """
            hostnameOverride: "it's: a \"name\""
            nodePortAddresses: [10.0.0.0/8, "fd00::/64"]
            featureGates: {B: true, A: false}
            clusterCIDR: 10.244.0.0/16
            conntrack: {udpTimeout: 1m30.5s, tcpBeLiberal: true}
            clientConnection: {qps: 7.5}
            logging: {vmodule: [{filePattern: a, verbosity: 3}]}
            """,
            "c.yaml");
        var again = ConfigReader.Parse(ConfigYaml.Write(configuration), "c.yaml");
        Assert.True(JsonNode.DeepEquals(configuration.ToJson(), again.ToJson()));
        Assert.Contains("\n  udpTimeout: \"1m30.5s\"\n", ConfigYaml.Write(configuration), StringComparison.Ordinal);
    }

    [Fact]
    public void The_periods_are_those_of_the_mode()
    {
        const string Periods = "nftables: {syncPeriod: 11s, minSyncPeriod: 1s}\niptables: {syncPeriod: 12s, minSyncPeriod: 2s}\nipvs: {syncPeriod: 13s, minSyncPeriod: 3s}\n";
        foreach (var (mode, seconds) in (ReadOnlySpan<(string, int)>)[("''", 11), ("nftables", 11), ("iptables", 12), ("userspace", 12), ("ipvs", 13)])
        {
            var configuration = ConfigReader.Parse($"{Head}mode: {mode}\n{Periods}", "c.yaml");
            Assert.Equal((TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds - 10)), (configuration.SyncPeriod, configuration.MinSyncPeriod));
            Assert.Equal(seconds == 11, configuration.IsMinSyncPeriodDefault);
        }
    }

    [Fact]
    public void Ipvs_is_told_what_the_file_says()
    {
        const string Text = "mode: ipvs\nipvs: {scheduler: mh, strictARP: true, excludeCIDRs: [10.9.0.0/16], tcpTimeout: 1m, tcpFinTimeout: 2m, udpTimeout: 3m}";
        var settings = ConfigReader.Parse(Head + Text, "c.yaml").Ipvs;
        Assert.Equal(("mh", true, "10.9.0.0/16"), (settings.Scheduler, settings.StrictArp, settings.ExcludeCidrs.Single().ToString()));
        Assert.Equal((60, 120, 180), (settings.TcpTimeout.TotalSeconds, settings.TcpFinTimeout.TotalSeconds, settings.UdpTimeout.TotalSeconds));
        Assert.Equal("rr", ProxyConfiguration.Default.Ipvs.Scheduler);
    }

    [Fact]
    public void An_unset_mode_means_what_it_says_for_iptables()
    {
        Assert.True(ConfigReader.Parse(Head + "iptables: {masqueradeAll: true}", "c.yaml").MasqueradeAll);
        Assert.False(ConfigReader.Parse(Head + "mode: nftables\niptables: {masqueradeAll: true}", "c.yaml").MasqueradeAll);
    }
}
