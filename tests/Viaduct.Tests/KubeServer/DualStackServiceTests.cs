using System.Text.Json.Nodes;
using Viaduct.Kube.Api;

namespace Viaduct.Tests.KubeServer;

/// <summary>IP families of Services, as kube-apiserver completes, refuses and changes them.</summary>
public sealed class DualStackServiceTests
{
    private const string Dual = "172.21.0.0/24,fd00:21::/112";
    private const string Dual6 = "fd00:21::/112,172.21.0.0/24";

    [Theory]
    [InlineData(Dual, """{}""", "SingleStack", "IPv4")]
    [InlineData(Dual6, """{}""", "SingleStack", "IPv6")]
    [InlineData(Dual, """{"ipFamilies":["IPv6"]}""", "SingleStack", "IPv6")]
    [InlineData(Dual, """{"ipFamilyPolicy":"PreferDualStack"}""", "PreferDualStack", "IPv4 IPv6")]
    [InlineData(Dual6, """{"ipFamilyPolicy":"PreferDualStack"}""", "PreferDualStack", "IPv6 IPv4")]
    [InlineData(Dual, """{"ipFamilyPolicy":"RequireDualStack","ipFamilies":["IPv6"]}""", "RequireDualStack", "IPv6 IPv4")]
    [InlineData(Dual, """{"ipFamilyPolicy":"RequireDualStack","ipFamilies":["IPv6","IPv4"]}""", "RequireDualStack", "IPv6 IPv4")]
    [InlineData(Dual, """{"clusterIP":"fd00:21::9"}""", "SingleStack", "IPv6")]
    [InlineData(Dual, """{"ipFamilyPolicy":"PreferDualStack","clusterIP":"fd00:21::9"}""", "PreferDualStack", "IPv6 IPv4")]
    [InlineData(Dual, """{"ipFamilyPolicy":"RequireDualStack","clusterIP":"fd00:21::9","clusterIPs":["fd00:21::9","172.21.0.9"]}""", "RequireDualStack", "IPv6 IPv4")]
    [InlineData("172.21.0.0/24", """{"ipFamilyPolicy":"PreferDualStack"}""", "PreferDualStack", "IPv4")]
    [InlineData("fd00:21::/112", """{}""", "SingleStack", "IPv6")]
    public async Task A_service_gets_one_address_of_each_of_its_families(string cidr, string wanted, string policy, string families)
    {
        await using var api = await RegistryHarness.StartAsync(cidr);
        var spec = (await CreateAsync(api, "a", wanted))["spec"]!;
        Assert.Equal((policy, families), (spec["ipFamilyPolicy"]!.GetValue<string>(), List(spec, "ipFamilies")));
        var addresses = List(spec, "clusterIPs").Split(' ');
        Assert.Equal(spec["clusterIP"]!.GetValue<string>(), addresses[0]);
        Assert.Equal(families, string.Join(' ', addresses.Select(a => a.StartsWith("fd00:21::", StringComparison.Ordinal) ? "IPv6" : a.StartsWith("172.21.0.", StringComparison.Ordinal) ? "IPv4" : a)));
    }

    [Theory]
    [InlineData(Dual, """{"selector":{"a":"b"}}""", "SingleStack", "IPv4")]
    [InlineData(Dual, """{"selector":{"a":"b"},"ipFamilyPolicy":"PreferDualStack"}""", "PreferDualStack", "IPv4 IPv6")]
    [InlineData(Dual, """{}""", "RequireDualStack", "IPv4 IPv6")]
    [InlineData("172.21.0.0/24", """{}""", "RequireDualStack", "IPv4 IPv6")]
    [InlineData("172.21.0.0/24", """{"ipFamilyPolicy":"SingleStack"}""", "SingleStack", "IPv4")]
    [InlineData("172.21.0.0/24", """{"ipFamilies":["IPv6"]}""", "RequireDualStack", "IPv6 IPv4")]
    public async Task A_headless_service_has_families_but_no_addresses(string cidr, string wanted, string policy, string families)
    {
        await using var api = await RegistryHarness.StartAsync(cidr);
        var spec = (await CreateAsync(api, "a", wanted, headless: true))["spec"]!;
        Assert.Equal((policy, families, "None"), (spec["ipFamilyPolicy"]!.GetValue<string>(), List(spec, "ipFamilies"), List(spec, "clusterIPs")));
    }

    [Theory]
    [InlineData("172.21.0.0/24", """{"ipFamilyPolicy":"RequireDualStack"}""", "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services")]
    [InlineData("172.21.0.0/24", """{"ipFamilies":["IPv6"]}""", "spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster")]
    [InlineData("172.21.0.0/24", """{"clusterIP":"fd00::1"}""", "spec.clusterIPs[0]: Invalid value: [\"fd00::1\"]: IPv6 is not configured on this cluster")]
    [InlineData(Dual, """{"ipFamilies":["IPv4","IPv6"]}""",
        "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified")]
    [InlineData(Dual, """{"clusterIP":"172.21.0.9","clusterIPs":["172.21.0.9","fd00:21::9"]}""",
        "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified")]
    [InlineData(Dual, """{"ipFamilies":["IPv4","IPv4"]}""", "spec.ipFamilies[1]: Duplicate value: \"IPv4\"")]
    [InlineData(Dual, """{"ipFamilies":["IPX"]}""", "spec.ipFamilies[0]: Unsupported value: \"IPX\": supported values: \"IPv4\", \"IPv6\"")]
    [InlineData(Dual, """{"ipFamilyPolicy":"Both"}""", "spec.ipFamilyPolicy: Unsupported value: \"Both\": supported values: \"PreferDualStack\", \"RequireDualStack\", \"SingleStack\"")]
    [InlineData(Dual, """{"ipFamilies":["IPv6"],"clusterIP":"172.21.0.9"}""", "spec.clusterIPs[0]: Invalid value: \"172.21.0.9\": expected an IPv6 value as indicated by `ipFamilies[0]`")]
    [InlineData(Dual, """{"ipFamilyPolicy":"RequireDualStack","clusterIP":"172.21.0.9","clusterIPs":["172.21.0.9","172.21.0.8"]}""",
        "spec.clusterIPs: Invalid value: [\"172.21.0.9\",\"172.21.0.8\"]: may specify no more than one IP for each IP family")]
    [InlineData(Dual, """{"clusterIP":"None","clusterIPs":["None","172.21.0.8"]}""", "spec.clusterIPs: Invalid value: [\"None\",\"172.21.0.8\"]: 'None' must be the first and only value")]
    [InlineData(Dual, """{"clusterIP":"172.21.0.9","clusterIPs":["172.21.0.8"]}""", "spec.clusterIPs: Invalid value: [\"172.21.0.8\"]: first value must match `clusterIP`")]
    [InlineData(Dual, """{"clusterIP":"fd00:22::1"}""",
        "spec.clusterIPs: Invalid value: [\"fd00:22::1\"]: failed to allocate IP fd00:22::1: the provided IP (fd00:22::1) is not in the valid range. The range of valid IPs is fd00:21::/112")]
    [InlineData(Dual, """{"type":"ExternalName","externalName":"example.org","ipFamilyPolicy":"SingleStack"}""", "spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services")]
    public async Task Families_that_contradict_are_refused_with_their_field(string cidr, string wanted, string sentence)
    {
        await using var api = await RegistryHarness.StartAsync(cidr);
        await RegistryHarness.RefusesAsync(422, $"Service \"a\" is invalid: {sentence}", () => CreateAsync(api, "a", wanted));
    }

    [Fact]
    public async Task The_second_address_comes_and_goes_by_policy_and_is_free_again()
    {
        await using var api = await RegistryHarness.StartAsync(Dual);
        var first = List((await CreateAsync(api, "a", """{"clusterIP":"172.21.0.9"}"""))["spec"]!, "clusterIPs");
        Assert.Equal("172.21.0.9", first);

        var upgraded = (await api.PatchAsync("services", "a", """{"spec":{"ipFamilyPolicy":"RequireDualStack","ipFamilies":["IPv4","IPv6"],"clusterIPs":["172.21.0.9","fd00:21::9"]}}"""))["spec"]!;
        Assert.Equal(("172.21.0.9 fd00:21::9", "IPv4 IPv6"), (List(upgraded, "clusterIPs"), List(upgraded, "ipFamilies")));
        await Assert.ThrowsAsync<KubeApiException>(() => CreateAsync(api, "b", """{"clusterIP":"fd00:21::9"}"""));

        var downgraded = (await api.PatchAsync("services", "a", """{"spec":{"ipFamilyPolicy":"SingleStack"}}"""))["spec"]!;
        Assert.Equal(("172.21.0.9", "IPv4"), (List(downgraded, "clusterIPs"), List(downgraded, "ipFamilies")));
        await CreateAsync(api, "b", """{"clusterIP":"fd00:21::9"}""");
    }

    [Theory]
    [InlineData("""{"ipFamilies":["IPv4"],"clusterIPs":["172.21.0.9"]}""", "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": must be set to 'SingleStack' when releasing the secondary clusterIP")]
    [InlineData("""{"ipFamilies":["IPv6","IPv4"]}""", "spec.ipFamilies[0]: Invalid value: [\"IPv6\",\"IPv4\"]: may not change once set")]
    [InlineData("""{"clusterIPs":["172.21.0.9","fd00:21::8"]}""", "spec.clusterIPs[1]: Invalid value: [\"172.21.0.9\",\"fd00:21::8\"]: may not change once set")]
    public async Task The_second_address_is_not_lost_or_changed_by_accident(string change, string sentence)
    {
        await using var api = await RegistryHarness.StartAsync(Dual);
        await CreateAsync(api, "a", """{"ipFamilyPolicy":"RequireDualStack","clusterIP":"172.21.0.9","clusterIPs":["172.21.0.9","fd00:21::9"]}""");
        var failure = await Assert.ThrowsAsync<KubeApiException>(() => api.PatchAsync("services", "a", $$$"""{"spec":{{{change}}}}"""));
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_knows_clusterIP_only_keeps_both_addresses()
    {
        await using var api = await RegistryHarness.StartAsync(Dual);
        var before = (await CreateAsync(api, "a", """{"ipFamilyPolicy":"PreferDualStack"}"""))["spec"]!;
        var body = RegistryHarness.Parse($$$"""{"metadata":{"name":"a"},"spec":{"clusterIP":"{{{before["clusterIP"]}}}","ports":[{"port":80}],"selector":{"x":"y"} } }""");
        var after = (await api.UpdateAsync("services", "a", body))["spec"]!;
        foreach (var field in (string[])["clusterIPs", "ipFamilies"])
            Assert.Equal(List(before, field), List(after, field));
    }

    [Fact]
    public async Task A_cluster_that_becomes_dual_stack_leaves_its_services_alone()
    {
        await using var api = await RegistryHarness.StartAsync("172.21.0.0/24");
        await CreateAsync(api, "a", """{"ipFamilyPolicy":"PreferDualStack"}""");
        await api.RestartAsync(Dual);
        var touched = (await api.PatchAsync("services", "a", """{"metadata":{"labels":{"x":"y"}}}"""))["spec"]!;
        Assert.Equal("IPv4", List(touched, "ipFamilies"));
        var asked = (await api.PatchAsync("services", "a", """{"spec":{"ipFamilyPolicy":"RequireDualStack"}}"""))["spec"]!;
        Assert.Equal("IPv4 IPv6", List(asked, "ipFamilies"));
        Assert.Equal(2, List(asked, "clusterIPs").Split(' ').Length);
    }

    [Fact]
    public async Task Both_addresses_survive_a_restart_and_are_free_after_the_deletion()
    {
        await using var api = await RegistryHarness.StartAsync(Dual);
        const string both = """{"ipFamilyPolicy":"RequireDualStack","clusterIP":"172.21.0.9","clusterIPs":["172.21.0.9","fd00:21::9"]}""";
        await CreateAsync(api, "a", both);
        await api.RestartAsync();
        await Assert.ThrowsAsync<KubeApiException>(() => CreateAsync(api, "b", """{"clusterIP":"fd00:21::9"}"""));
        await api.DeleteAsync("services", "a");
        await CreateAsync(api, "b", both);
    }

    [Fact]
    public async Task The_ServiceCIDR_kubernetes_says_which_ranges_there_are()
    {
        await using var api = await RegistryHarness.StartAsync(Dual);
        var cidr = api.Get("servicecidrs.networking.k8s.io", "kubernetes");
        Assert.Equal("172.21.0.0/24 fd00:21::/112", List(cidr["spec"]!, "cidrs"));
        Assert.Equal("True", cidr["status"]!["conditions"]![0]!["status"]!.GetValue<string>());
        await RegistryHarness.RefusesAsync(403, "servicecidrs.networking.k8s.io \"kubernetes\" is forbidden: Services have addresses of it",
            () => api.DeleteAsync("servicecidrs.networking.k8s.io", "kubernetes"));
        await RegistryHarness.RefusesAsync(422, "ServiceCIDR.networking.k8s.io \"kubernetes\" is invalid: spec.cidrs: Invalid value: [\"10.0.0.0/24\"]: field is immutable",
            () => api.PatchAsync("servicecidrs.networking.k8s.io", "kubernetes", """{"spec":{"cidrs":["10.0.0.0/24"]}}"""));
        await api.RestartAsync("172.21.0.0/24");
        Assert.Equal("172.21.0.0/24", List(api.Get("servicecidrs.networking.k8s.io", "kubernetes")["spec"]!, "cidrs"));
    }

    [Fact]
    public async Task Of_two_services_with_one_address_the_older_owns_it_and_the_other_is_told()
    {
        // A database that another program wrote: the ranges shrink to nothing that the Services have, they get theirs, then the ranges come back.
        await using var api = await RegistryHarness.StartAsync("172.21.0.0/24");
        await CreateAsync(api, "old", """{"type":"NodePort","clusterIP":"172.21.0.9"}""");
        var twin = (JsonObject)api.Get("services", "old").DeepClone();
        twin["metadata"] = new JsonObject { ["name"] = "twin", ["namespace"] = "default", ["uid"] = "uid-twin", ["creationTimestamp"] = "2999-01-01T00:00:00Z" };
        await api.PutRawAsync("services", "twin", twin);
        await api.RestartAsync();
        var events = api.Names("events").Select(n => api.Get("events", n)).ToList();
        Assert.Equal(["ClusterIPAlreadyAllocated", "PortAlreadyAllocated"], events.Select(e => e["reason"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        Assert.All(events, e => Assert.Equal("twin", e["involvedObject"]!["name"]!.GetValue<string>()));

        await api.DeleteAsync("services", "old");
        await Assert.ThrowsAsync<KubeApiException>(() => CreateAsync(api, "third", """{"clusterIP":"172.21.0.9"}"""));
        await api.DeleteAsync("services", "twin");
        await CreateAsync(api, "third", """{"clusterIP":"172.21.0.9"}""");
    }

    [Fact]
    public async Task An_address_outside_of_the_ranges_is_told_at_the_start()
    {
        await using var api = await RegistryHarness.StartAsync("172.21.0.0/24");
        await CreateAsync(api, "a", "{}");
        await api.RestartAsync("172.22.0.0/24");
        var told = api.Names("events").Select(n => api.Get("events", n)).Where(e => e["involvedObject"]!["name"]!.GetValue<string>() == "a");
        Assert.Equal("ClusterIPOutOfRange", Assert.Single(told)["reason"]!.GetValue<string>());
    }

    private static Task<JsonObject> CreateAsync(RegistryHarness api, string name, string spec, bool headless = false)
    {
        var value = RegistryHarness.Parse(spec);
        value["ports"] ??= JsonNode.Parse("""[{"port":80}]""");
        if (headless)
            value["clusterIP"] = "None";
        return api.CreateAsync("services", new JsonObject { ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = value }.ToJsonString());
    }

    private static string List(JsonNode value, string field) => string.Join(' ', value[field]!.AsArray().Select(v => v!.GetValue<string>()));
}
