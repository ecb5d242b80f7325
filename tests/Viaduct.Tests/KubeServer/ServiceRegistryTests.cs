using System.Text.Json.Nodes;
using Viaduct.Kube.Api;

namespace Viaduct.Tests.KubeServer;

public sealed class ServiceRegistryTests
{
    [Fact]
    public async Task A_service_gets_the_defaults_of_the_real_server()
    {
        await using var api = await RegistryHarness.StartAsync();
        var spec = (await api.CreateAsync("services", """{"metadata":{"name":"web"},"spec":{"ports":[{"port":80}],"selector":{"app":"web"}}}"""))["spec"]!;
        var address = spec["clusterIP"]!.GetValue<string>();
        Assert.StartsWith("172.21.0.", address, StringComparison.Ordinal);
        Assert.Equal(
            $$$"""{"ports":[{"port":80,"protocol":"TCP","targetPort":80}],"selector":{"app":"web"},"type":"ClusterIP","sessionAffinity":"None","internalTrafficPolicy":"Cluster","ipFamilyPolicy":"SingleStack","ipFamilies":["IPv4"],"clusterIP":"{{{address}}}","clusterIPs":["{{{address}}}"]}""",
            spec.ToJsonString());
    }

    [Fact]
    public async Task The_service_kubernetes_leads_to_the_control_plane()
    {
        await using var api = await RegistryHarness.StartAsync();
        Assert.Equal("172.21.0.1", Text(api.Get("services", "kubernetes"), "spec", "clusterIP"));
        Assert.Equal("192.168.0.2", api.Get("endpoints", "kubernetes")["subsets"]![0]!["addresses"]![0]!["ip"]!.GetValue<string>());
        var slice = api.Get("endpointslices.discovery.k8s.io", "kubernetes");
        Assert.Equal(6443, slice["ports"]![0]!["port"]!.GetValue<int>());
        Assert.Equal("kubernetes", slice["metadata"]!["labels"]!["kubernetes.io/service-name"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"ports":[{"port":70000,"targetPort":80}]}""", "spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive")]
    [InlineData("""{"ports":[{"targetPort":80}]}""", "spec.ports[0].port: Required value")]
    [InlineData("""{}""", "spec.ports: Required value")]
    [InlineData("""{"ports":[{"port":80,"name":"a"},{"port":81}]}""", "spec.ports[1].name: Required value")]
    [InlineData("""{"ports":[{"port":80,"name":"a"},{"port":81,"name":"a"}]}""", "spec.ports[1].name: Duplicate value: \"a\"")]
    [InlineData("""{"ports":[{"port":80,"name":"a"},{"port":80,"name":"b"}]}""", "spec.ports[1]: Duplicate value: {\"port\":80,\"protocol\":\"TCP\"}")]
    [InlineData("""{"ports":[{"port":80,"protocol":"ICMP"}]}""", "spec.ports[0].protocol: Unsupported value: \"ICMP\": supported values: \"SCTP\", \"TCP\", \"UDP\"")]
    [InlineData("""{"ports":[{"port":80,"nodePort":30001}]}""", "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'")]
    [InlineData("""{"type":"NodePort","ports":[{"port":80,"nodePort":40000}]}""",
        "spec.ports[0].nodePort: Invalid value: 40000: provided port is not in the valid range. The range of valid ports is 30000-30099")]
    [InlineData("""{"type":"NodePort","clusterIP":"None","ports":[{"port":80}]}""", "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services")]
    [InlineData("""{"type":"Magic","ports":[{"port":80}]}""", "spec.type: Unsupported value: \"Magic\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"")]
    [InlineData("""{"type":"ExternalName"}""", "spec.externalName: Required value")]
    [InlineData("""{"clusterIP":"10.0.0.1","ports":[{"port":80}]}""",
        "spec.clusterIPs: Invalid value: [\"10.0.0.1\"]: failed to allocate IP 10.0.0.1: the provided IP (10.0.0.1) is not in the valid range. The range of valid IPs is 172.21.0.0/24")]
    [InlineData("""{"clusterIP":"172.21.0.1","ports":[{"port":80}]}""", "spec.clusterIPs: Invalid value: [\"172.21.0.1\"]: failed to allocate IP 172.21.0.1: provided IP is already allocated")]
    [InlineData("""{"clusterIP":"somewhere","ports":[{"port":80}]}""", "spec.clusterIPs[0]: Invalid value: \"somewhere\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    [InlineData("""{"ipFamilies":["IPv6"],"ports":[{"port":80}]}""", "spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster")]
    [InlineData("""{"sessionAffinity":"Cookie","ports":[{"port":80}]}""", "spec.sessionAffinity: Unsupported value: \"Cookie\": supported values: \"ClientIP\", \"None\"")]
    public async Task A_malformed_service_is_refused_with_its_field(string spec, string sentence)
    {
        await using var api = await RegistryHarness.StartAsync();
        var before = api.Revision;
        await RegistryHarness.RefusesAsync(422, $"Service \"x\" is invalid: {sentence}",
            () => api.CreateAsync("services", $$$"""{"metadata":{"name":"x"},"spec":{{{spec}}}}"""));
        Assert.Equal(before, api.Revision);
    }

    [Fact]
    public async Task A_node_port_belongs_to_one_service_until_that_is_deleted()
    {
        await using var api = await RegistryHarness.StartAsync();
        const string spec = """{"type":"NodePort","ports":[{"port":80,"nodePort":30080}]}""";
        await api.CreateAsync("services", $$$"""{"metadata":{"name":"a"},"spec":{{{spec}}}}""");
        await RegistryHarness.RefusesAsync(422, "Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated",
            () => api.CreateAsync("services", $$$"""{"metadata":{"name":"b"},"spec":{{{spec}}}}"""));
        await api.DeleteAsync("services", "a");
        await api.CreateAsync("services", $$$"""{"metadata":{"name":"b"},"spec":{{{spec}}}}""");
    }

    [Fact]
    public async Task What_a_refused_service_had_taken_is_free_again()
    {
        // 6 usable addresses, one of them taken by the Service kubernetes; each refused Service had drawn an address first.
        await using var api = await RegistryHarness.StartAsync("172.21.0.0/29");
        for (var i = 0; i < 20; i++)
        {
            await Assert.ThrowsAsync<KubeApiException>(() =>
                api.CreateAsync("services", """{"metadata":{"name":"x"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":1}]}}"""));
        }
        for (var i = 0; i < 5; i++)
            await api.CreateAsync("services", $$$"""{"metadata":{"name":"s{{{i}}}"},"spec":{"ports":[{"port":80}]}}""");
        await RegistryHarness.RefusesAsync(500, "Internal error occurred: failed to allocate a cluster IP: all addresses of 172.21.0.0/29 are taken",
            () => api.CreateAsync("services", """{"metadata":{"name":"more"},"spec":{"ports":[{"port":80}]}}"""));
        await api.DeleteAsync("services", "s0");
        await api.CreateAsync("services", """{"metadata":{"name":"more"},"spec":{"ports":[{"port":80}]}}""");
    }

    [Fact]
    public async Task Allocations_survive_a_restart()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("services", """{"metadata":{"name":"a"},"spec":{"type":"NodePort","clusterIP":"172.21.0.9","ports":[{"port":80,"nodePort":30080}]}}""");
        await api.RestartAsync();
        var failure = await Assert.ThrowsAsync<KubeApiException>(() => api.CreateAsync("services",
            """{"metadata":{"name":"b"},"spec":{"type":"NodePort","clusterIP":"172.21.0.9","ports":[{"port":80,"nodePort":30080}]}}"""));
        Assert.Equal(["spec.clusterIPs", "spec.ports[0].nodePort"], failure.Status.Details!.Causes!.Select(c => c.Field));
    }

    [Fact]
    public async Task Tcp_and_udp_of_one_port_share_a_node_port()
    {
        await using var api = await RegistryHarness.StartAsync();
        var service = await api.CreateAsync("services",
            """{"metadata":{"name":"dns"},"spec":{"type":"NodePort","ports":[{"name":"t","port":53},{"name":"u","port":53,"protocol":"UDP"},{"name":"m","port":9153}]}}""");
        var ports = service["spec"]!["ports"]!.AsArray().Select(p => p!["nodePort"]!.GetValue<long>()).ToList();
        Assert.Equal(ports[0], ports[1]);
        Assert.NotEqual(ports[0], ports[2]);
    }

    [Fact]
    public async Task An_update_need_not_repeat_what_was_allocated()
    {
        await using var api = await RegistryHarness.StartAsync();
        var created = await api.CreateAsync("services", """{"metadata":{"name":"a"},"spec":{"type":"NodePort","ports":[{"port":80}]}}""");
        var updated = await api.UpdateAsync("services", "a", RegistryHarness.Parse("""{"metadata":{"name":"a"},"spec":{"type":"NodePort","ports":[{"port":80}],"selector":{"x":"y"}}}"""));
        Assert.Equal(Text(created, "spec", "clusterIP"), Text(updated, "spec", "clusterIP"));
        Assert.True(JsonNode.DeepEquals(created["spec"]!["ports"], updated["spec"]!["ports"]));
    }

    [Fact]
    public async Task The_cluster_address_may_not_change()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("services", """{"metadata":{"name":"a"},"spec":{"clusterIP":"172.21.0.7","ports":[{"port":80}]}}""");
        await RegistryHarness.RefusesAsync(422, "Service \"a\" is invalid: spec.clusterIPs[0]: Invalid value: [\"172.21.0.8\"]: may not change once set",
            () => api.PatchAsync("services", "a", """{"spec":{"clusterIP":"172.21.0.8","clusterIPs":["172.21.0.8"]}}"""));
    }

    [Fact]
    public async Task Changing_from_NodePort_to_ClusterIP_frees_the_port()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("services", """{"metadata":{"name":"a"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30080}]}}""");
        var plain = await api.PatchAsync("services", "a", """{"spec":{"type":"ClusterIP"}}""");
        Assert.Null(plain["spec"]!["ports"]![0]!["nodePort"]);
        Assert.Null(plain["spec"]!["externalTrafficPolicy"]);
        await api.CreateAsync("services", """{"metadata":{"name":"b"},"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30080}]}}""");
    }

    [Fact]
    public async Task A_headless_service_has_no_address_and_an_external_name_has_nothing_allocated()
    {
        await using var api = await RegistryHarness.StartAsync();
        var headless = await api.CreateAsync("services", """{"metadata":{"name":"h"},"spec":{"clusterIP":"None","selector":{"a":"b"}}}""");
        Assert.Equal("None", Text(headless, "spec", "clusterIP"));
        var external = await api.CreateAsync("services", """{"metadata":{"name":"e"},"spec":{"type":"ExternalName","externalName":"example.org"}}""");
        Assert.Null(external["spec"]!["clusterIP"]);
        Assert.Null(external["spec"]!["ipFamilies"]);
    }

    [Fact]
    public async Task A_service_name_must_be_a_DNS_label()
    {
        await using var api = await RegistryHarness.StartAsync();
        var failure = await Assert.ThrowsAsync<KubeApiException>(() => api.CreateAsync("services", """{"metadata":{"name":"1web"},"spec":{"ports":[{"port":80}]}}"""));
        Assert.StartsWith("Service \"1web\" is invalid: metadata.name: Invalid value: \"1web\": a DNS-1035 label must", failure.Message, StringComparison.Ordinal);
    }

    private static string Text(JsonObject value, params string[] path)
    {
        JsonNode node = value;
        foreach (var field in path)
            node = node[field]!;
        return node.GetValue<string>();
    }
}
