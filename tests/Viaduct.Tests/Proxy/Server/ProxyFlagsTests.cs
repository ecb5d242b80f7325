using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Server.Configuration;

namespace Viaduct.Tests.Proxy.Server;

public class ProxyFlagsTests
{
    private const string File = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.0.0.0/8\n";

    public static TheoryData<string> Flags => [.. ProxyFlag.All.Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(Flags))]
    public void Every_flag_sets_its_field_and_no_other(string name)
    {
        var flag = ProxyFlag.All.Single(f => f.Name == name);
        var changed = ProxyFlags.Apply(null, new Dictionary<string, string> { [name] = Sample(flag) }).Changed;
        Assert.Equal([flag.Path], changed);
    }

    [Theory]
    [MemberData(nameof(Flags))]
    public void With_a_file_only_the_name_of_the_node_and_the_log_are_flags(string name)
    {
        var flag = ProxyFlag.All.Single(f => f.Name == name);
        var file = ConfigReader.Parse(File, "c.yaml");
        var changed = ProxyFlags.Apply(file, new Dictionary<string, string> { [name] = Sample(flag) }).Changed.Except(["clusterCIDR"]);
        Assert.Equal(flag.Path == "hostnameOverride" || flag.Path.StartsWith("logging.", StringComparison.Ordinal) ? [flag.Path] : [], changed);
    }

    [Fact]
    public void All_flags_of_kube_proxy_are_there()
    {
        string[] others = ["--config", "--write-config-to", "--cleanup", "--init-only", "--master", "--healthz-port", "--metrics-port"];
        string[] families = ["--kube-api-", "--iptables-", "--ipvs-", "--conntrack-"];
        Assert.Equal([3, 4, 8, 7], families.Select(p => ProxyFlag.All.Count(f => f.Name.StartsWith(p, StringComparison.Ordinal))));
        Assert.Equal(44 + others.Length, ProxyFlag.All.Select(f => f.Name).Concat(others).Distinct().Count());
    }

    [Theory]
    [InlineData("--oom-score-adj", "low", "--oom-score-adj is \"low\" and must be a whole number of 32 bits.")]
    [InlineData("--masquerade-all", "yes", "--masquerade-all is \"yes\" and must be true or false.")]
    [InlineData("--conntrack-udp-timeout", "5", "--conntrack-udp-timeout is \"5\" and must be a duration such as 30s or 1h0m0s.")]
    [InlineData("--feature-gates", "A", "--feature-gates is \"A\" and must be a mapping of names to true or false.")]
    [InlineData("--healthz-port", "x", "--healthz-port is \"x\" and must be a port between 0 (off) and 65535.")]
    public void A_wrong_value_is_told_with_its_flag(string flag, string value, string message)
    {
        var e = Assert.Throws<ProxyConfigurationException>(() => ProxyFlags.Apply(null, new Dictionary<string, string> { [flag] = value }));
        Assert.Equal(message, e.Message);
    }

    [Theory]
    [InlineData("--healthz-bind-address", "", "")]
    [InlineData("--healthz-bind-address", "10.0.0.1", "10.0.0.1:10256")]
    [InlineData("--healthz-bind-address", "::", "[::]:10256")]
    [InlineData("--healthz-bind-address", "[fd00::1]:80", "[fd00::1]:80")]
    [InlineData("--healthz-port", "0", "")]
    [InlineData("--healthz-port", "99", "0.0.0.0:10256")]
    public void Addresses_without_a_port_get_one(string flag, string value, string address) =>
        Assert.Equal(address, ProxyFlags.Apply(null, new Dictionary<string, string> { [flag] = value }).HealthzBindAddress);

    [Fact]
    public void Masquerade_all_is_for_the_mode_in_force()
    {
        var given = new Dictionary<string, string> { ["--masquerade-all"] = "true", ["--proxy-mode"] = "iptables" };
        Assert.Equal(["mode", "iptables.masqueradeAll"], ProxyFlags.Apply(null, given).Changed);
        Assert.True(ProxyFlags.Apply(null, given).MasqueradeAll);
        given["--proxy-mode"] = "nftables";
        Assert.Equal(["mode", "nftables.masqueradeAll"], ProxyFlags.Apply(null, given).Changed);
        Assert.True(ProxyFlags.Apply(null, given).MasqueradeAll);
    }

    [Fact]
    public void Flags_that_a_file_overrules_are_surprising_and_those_of_other_modes_are_not()
    {
        Assert.Empty(ProxyFlags.WithoutEffect(false, ProxyMode.Ipvs, ["--ipvs-scheduler", "--masquerade-all"]));
        Assert.Equal(["--ipvs-scheduler"], ProxyFlags.WithoutEffect(false, ProxyMode.Iptables, ["--ipvs-scheduler", "--iptables-sync-period"]).Select(f => f.Name));
        Assert.Equal([("--ipvs-scheduler", false)], ProxyFlags.WithoutEffect(false, ProxyMode.Nftables, ["--ipvs-scheduler", "--cluster-cidr"]).Select(f => (f.Name, f.IsSurprising)));
        Assert.Equal([("--cluster-cidr", true)], ProxyFlags.WithoutEffect(true, ProxyMode.Nftables, ["--hostname-override", "--cluster-cidr"]).Select(f => (f.Name, f.IsSurprising)));
    }

    private static string Sample(ProxyFlag flag) => ConfigFields.ByPath[flag.Path] switch
    {
        { Path: "bindAddress" } => "10.0.0.1",
        { Path: "healthzBindAddress" or "metricsBindAddress" } => "10.0.0.1:1",
        { Kind: ConfigKind.Boolean, Default: true } => "false",
        { Kind: ConfigKind.Boolean } => "true",
        { Kind: ConfigKind.Integer or ConfigKind.Number } => "3",
        { Kind: ConfigKind.Duration } => "7s",
        { Kind: ConfigKind.TextList } => "10.0.0.0/8,fd00::/8",
        { Kind: ConfigKind.Switches } => "A=true,B=false",
        _ => "x",
    };
}
