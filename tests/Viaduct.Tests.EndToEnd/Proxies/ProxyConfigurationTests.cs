namespace Viaduct.Tests.EndToEnd.Proxies;

/// <summary>Flags and configuration file of the program <c>viaduct proxy</c>.</summary>
public class ProxyConfigurationTests
{
    private const string Head = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";

    [Fact]
    public async Task A_field_that_does_not_exist_is_named_and_nothing_is_started()
    {
        await using var node = await ProxyNode.CreateAsync();
        await File.WriteAllTextAsync(node.File("config.yaml"), $"{Head}conntrack:\n  maxPerCores: 3\n", TestContext.Current.CancellationToken);

        var proxy = node.Start("--config", node.File("config.yaml"));

        Assert.Equal(1, await proxy.EndAsync());
        Assert.Contains("maxPerCores", proxy.Log, StringComparison.Ordinal);
        Assert.Single(proxy.Log.Trim().Split('\n'));
        Assert.Empty(node.Door.Seen);
        Assert.Equal("", await node.RunAsync("nft", "list", "ruleset"));
    }

    [Fact]
    public async Task What_write_config_to_wrote_is_accepted_and_means_the_same()
    {
        await using var node = await ProxyNode.CreateAsync();
        var (first, second) = (node.File("first.yaml"), node.File("second.yaml"));

        Assert.Equal(0, await node.Start("--cluster-cidr", "10.1.0.0/16", "--healthz-bind-address", "127.0.0.1:10300", "--write-config-to", first).EndAsync());
        Assert.Equal(0, await node.Start("--config", first, "--write-config-to", second).EndAsync());
        Assert.Equal(await File.ReadAllTextAsync(first, TestContext.Current.CancellationToken), await File.ReadAllTextAsync(second, TestContext.Current.CancellationToken));
        Assert.Empty(node.Door.Seen);

        var proxy = await node.Start("--config", first).ServingAsync();
        Assert.Contains("\"clusterCIDR\":\"10.1.0.0/16\"", (await proxy.GetAsync(10249, "/configz"))?.Body, StringComparison.Ordinal);
        Assert.NotNull(await proxy.GetAsync(10300, "/healthz"));
    }

    [Fact]
    public async Task Init_only_makes_the_kernels_settings_and_serves_nothing()
    {
        await using var node = await ProxyNode.CreateAsync();
        await node.AddServiceAsync();
        await node.SetEndpointsAsync("web", ProxyNode.First);

        var proxy = node.Start("--init-only", "--conntrack-tcp-timeout-established", "1h");

        Assert.Equal(0, await proxy.EndAsync());
        Assert.Equal("3600\n", await node.RunAsync("cat", "/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established"));
        Assert.Equal("", await node.RunAsync("nft", "list", "ruleset"));
    }

    [Fact]
    public async Task A_changed_configuration_file_ends_the_process_and_Services_stay()
    {
        await using var node = await ProxyNode.CreateAsync();
        await node.AddServiceAsync();
        await node.SetEndpointsAsync("web", ProxyNode.First);
        var config = node.File("config.yaml");
        var text = $"{Head}clientConnection:\n  kubeconfig: {node.Kubeconfig}\n";
        await File.WriteAllTextAsync(config, text, TestContext.Current.CancellationToken);
        var proxy = await node.Start("--config", config).ServingAsync();

        await File.WriteAllTextAsync(config, text + "clusterCIDR: 10.1.0.0/16\n", TestContext.Current.CancellationToken);

        Assert.Equal(1, await proxy.EndAsync());
        Assert.Contains($"The configuration {config} was changed", proxy.Log.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Equal(ProxyNode.First, await node.Servers.AskAsync(ProxyNode.ClusterIP, 80));
        var next = await node.Start("--config", config).ServingAsync();
        Assert.Contains("\"clusterCIDR\":\"10.1.0.0/16\"", (await next.GetAsync(10249, "/configz"))?.Body, StringComparison.Ordinal);
    }
}
