using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Server.Registry;
using Viaduct.Kube.Server.Registry.Selectors;

namespace Viaduct.Tests.KubeServer;

public sealed class ObjectRegistryTests
{
    private const string Pod = """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"nginx"}]}}""";

    private const string Deployment =
        """{"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"app":"d"}},"template":{"metadata":{"labels":{"app":"d"}},"spec":{"containers":[{"name":"c","image":"nginx:1"}]}}}}""";

    [Fact]
    public async Task A_pod_gets_the_defaults_of_the_real_server()
    {
        await using var api = await RegistryHarness.StartAsync();
        var pod = await api.CreateAsync("pods", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"nginx","ports":[{"containerPort":80}],"readinessProbe":{"httpGet":{"port":80}}}]}}""");
        Assert.Equal("Pending", pod["status"]!["phase"]!.GetValue<string>());
        Assert.Equal("BestEffort", pod["status"]!["qosClass"]!.GetValue<string>());
        Assert.Equal(
            """{"containers":[{"name":"c","image":"nginx","ports":[{"containerPort":80,"protocol":"TCP"}],"readinessProbe":{"httpGet":{"port":80,"path":"/","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},"imagePullPolicy":"Always","terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","resources":{}}],"restartPolicy":"Always","dnsPolicy":"ClusterFirst","terminationGracePeriodSeconds":30,"schedulerName":"default-scheduler","securityContext":{},"enableServiceLinks":true,"serviceAccountName":"default","serviceAccount":"default"}""",
            pod["spec"]!.ToJsonString());
    }

    [Theory]
    [InlineData("nginx", "Always")]
    [InlineData("nginx:latest", "Always")]
    [InlineData("nginx:1.2", "IfNotPresent")]
    [InlineData("registry:5000/nginx", "Always")]
    [InlineData("nginx@sha256:00", "IfNotPresent")]
    public async Task The_pull_policy_follows_the_tag(string image, string policy)
    {
        await using var api = await RegistryHarness.StartAsync();
        var pod = await api.CreateAsync("pods", $$$"""{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"{{{image}}}"}]}}""");
        Assert.Equal(policy, pod["spec"]!["containers"]![0]!["imagePullPolicy"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"containers":[]}""", "spec.containers: Required value")]
    [InlineData("""{"containers":[{"name":"c"}]}""", "spec.containers[0].image: Required value")]
    [InlineData("""{"containers":[{"name":"c","image":"i"},{"name":"c","image":"i"}]}""", "spec.containers[1].name: Duplicate value: \"c\"")]
    [InlineData("""{"containers":[{"name":"c","image":"i","ports":[{"containerPort":0}]}]}""", "spec.containers[0].ports[0].containerPort: Required value")]
    [InlineData("""{"containers":[{"name":"c","image":"i","ports":[{"containerPort":99999}]}]}""",
        "spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive")]
    [InlineData("""{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"/x"}]}]}""", "spec.containers[0].volumeMounts[0].name: Not found: \"v\"")]
    [InlineData("""{"containers":[{"name":"c","image":"i","readinessProbe":{}}]}""", "spec.containers[0].readinessProbe: Required value: must specify a handler type")]
    [InlineData("""{"restartPolicy":"Sometimes","containers":[{"name":"c","image":"i"}]}""",
        "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"Never\", \"OnFailure\"")]
    [InlineData("""{"containers":[{"name":"c","image":"i","resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}}]}""",
        "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1")]
    public async Task A_malformed_pod_is_refused_with_its_field(string spec, string sentence)
    {
        await using var api = await RegistryHarness.StartAsync();
        await RegistryHarness.RefusesAsync(422, $"Pod \"p\" is invalid: {sentence}", () => api.CreateAsync("pods", $$$"""{"metadata":{"name":"p"},"spec":{{{spec}}}}"""));
    }

    [Fact]
    public async Task Several_faults_are_listed_together()
    {
        await using var api = await RegistryHarness.StartAsync();
        await RegistryHarness.RefusesAsync(422, "Pod \"p\" is invalid: [spec.containers[0].name: Required value, spec.containers[0].image: Required value]",
            () => api.CreateAsync("pods", """{"metadata":{"name":"p"},"spec":{"containers":[{}]}}"""));
    }

    [Fact]
    public async Task A_name_is_drawn_from_generateName()
    {
        await using var api = await RegistryHarness.StartAsync();
        var pod = await api.CreateAsync("pods", """{"metadata":{"generateName":"web-"},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
        Assert.Matches("^web-[a-z0-9]{5}$", pod["metadata"]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_same_name_twice_is_AlreadyExists()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("pods", Pod);
        await RegistryHarness.RefusesAsync(409, "pods \"p\" already exists", () => api.CreateAsync("pods", Pod));
    }

    [Fact]
    public async Task An_unknown_namespace_is_NotFound()
    {
        await using var api = await RegistryHarness.StartAsync();
        await RegistryHarness.RefusesAsync(404, "namespaces \"nowhere\" not found", () => api.CreateAsync("pods", Pod, "nowhere"));
    }

    [Fact]
    public async Task A_pod_needs_its_service_account()
    {
        await using var api = await RegistryHarness.StartAsync();
        await RegistryHarness.RefusesAsync(403, "pods \"p\" is forbidden: error looking up service account default/robot: serviceaccount \"robot\" not found",
            () => api.CreateAsync("pods", """{"metadata":{"name":"p"},"spec":{"serviceAccountName":"robot","containers":[{"name":"c","image":"i"}]}}"""));
    }

    [Fact]
    public async Task An_update_of_an_old_version_is_a_conflict()
    {
        await using var api = await RegistryHarness.StartAsync();
        var first = await api.CreateAsync("configmaps", """{"metadata":{"name":"c"},"data":{"a":"1"}}""");
        await api.PatchAsync("configmaps", "c", """{"data":{"a":"2"}}""");
        await RegistryHarness.RefusesAsync(409,
            "Operation cannot be fulfilled on configmaps \"c\": the object has been modified; please apply your changes to the latest version and try again",
            () => api.UpdateAsync("configmaps", "c", first));
    }

    [Fact]
    public async Task A_write_that_changes_nothing_makes_no_revision()
    {
        await using var api = await RegistryHarness.StartAsync();
        var created = await api.CreateAsync("deployments.apps", Deployment);
        var before = api.Revision;
        await api.UpdateAsync("deployments.apps", "d", created);
        await api.PatchAsync("deployments.apps", "d", """{"spec":{"replicas":1}}""");
        Assert.Equal(before, api.Revision);
    }

    [Fact]
    public async Task The_generation_counts_changes_of_the_desired_state_only()
    {
        await using var api = await RegistryHarness.StartAsync();
        Assert.Equal(1, Generation(await api.CreateAsync("deployments.apps", Deployment)));
        Assert.Equal(1, Generation(await api.PatchAsync("deployments.apps", "d", """{"status":{"replicas":3}}""", "status")));
        Assert.Equal(1, Generation(await api.PatchAsync("deployments.apps", "d", """{"metadata":{"labels":{"x":"y"}}}""")));
        Assert.Equal(2, Generation(await api.PatchAsync("deployments.apps", "d", """{"spec":{"replicas":3}}""")));
    }

    [Fact]
    public async Task Status_and_the_rest_are_written_apart()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("deployments.apps", Deployment);
        var status = await api.PatchAsync("deployments.apps", "d", """{"spec":{"replicas":7},"status":{"replicas":3}}""", "status");
        Assert.Equal((1, 3), (status["spec"]!["replicas"]!.GetValue<int>(), status["status"]!["replicas"]!.GetValue<int>()));
        var main = await api.PatchAsync("deployments.apps", "d", """{"spec":{"replicas":7},"status":{"replicas":9}}""");
        Assert.Equal((7, 3), (main["spec"]!["replicas"]!.GetValue<int>(), main["status"]!["replicas"]!.GetValue<int>()));
    }

    [Fact]
    public async Task A_selector_must_match_its_template_and_never_changes()
    {
        await using var api = await RegistryHarness.StartAsync();
        await RegistryHarness.RefusesAsync(422, "Deployment.apps \"d\" is invalid: spec.template.metadata.labels: Invalid value: {\"app\":\"other\"}: `selector` does not match template `labels`",
            () => api.CreateAsync("deployments.apps", Deployment.Replace("\"labels\":{\"app\":\"d\"}", "\"labels\":{\"app\":\"other\"}", StringComparison.Ordinal)));
        await api.CreateAsync("deployments.apps", Deployment);
        await RegistryHarness.RefusesAsync(422, "Deployment.apps \"d\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"d\",\"x\":\"y\"}}: field is immutable",
            () => api.PatchAsync("deployments.apps", "d", """{"spec":{"selector":{"matchLabels":{"x":"y"}},"template":{"metadata":{"labels":{"x":"y"}}}}}"""));
    }

    [Fact]
    public async Task Scale_changes_the_replicas_and_checks_its_version()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("deployments.apps", Deployment);
        var strategy = api.Strategy("deployments.apps");
        await api.Registry.PatchScaleAsync(strategy, "default", "d", PatchType.Merge, JsonNode.Parse("""{"spec":{"replicas":5}}""")!, WriteOptions.Default);
        Assert.Equal(5, api.Get("deployments.apps", "d")["spec"]!["replicas"]!.GetValue<int>());
        Assert.Equal(2, Generation(api.Get("deployments.apps", "d")));
        var stale = RegistryHarness.Parse("""{"metadata":{"name":"d","resourceVersion":"1"},"spec":{"replicas":2}}""");
        var failure = await Assert.ThrowsAsync<KubeApiException>(() => api.Registry.UpdateScaleAsync(strategy, "default", "d", stale, WriteOptions.Default));
        Assert.True(failure.IsConflict);
    }

    [Fact]
    public async Task A_binding_sets_the_node_once()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("pods", Pod);
        await api.Registry.BindAsync("default", "p", RegistryHarness.Parse("""{"metadata":{"name":"p"},"target":{"kind":"Node","name":"n1"}}"""), WriteOptions.Default);
        var pod = api.Get("pods", "p");
        Assert.Equal("n1", pod["spec"]!["nodeName"]!.GetValue<string>());
        Assert.Equal("PodScheduled", pod["status"]!["conditions"]![0]!["type"]!.GetValue<string>());
        await RegistryHarness.RefusesAsync(409, "Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to node \"n1\"",
            () => api.Registry.BindAsync("default", "p", RegistryHarness.Parse("""{"target":{"name":"n2"}}"""), WriteOptions.Default));
        await RegistryHarness.RefusesAsync(422, "Pod \"p\" is invalid: spec.nodeName: Invalid value: \"n2\": field is immutable: the pod is bound to node n1",
            () => api.PatchAsync("pods", "p", """{"spec":{"nodeName":"n2"}}"""));
    }

    [Fact]
    public async Task The_spec_of_a_pod_is_fixed_but_for_its_images()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("pods", Pod);
        await api.PatchAsync("pods", "p", """{"spec":{"containers":[{"name":"c","image":"nginx:2"}]}}""", type: PatchType.StrategicMerge);
        var failure = await Assert.ThrowsAsync<KubeApiException>(() =>
            api.PatchAsync("pods", "p", """{"spec":{"containers":[{"name":"c","env":[{"name":"A"}]}]}}""", type: PatchType.StrategicMerge));
        Assert.StartsWith("Pod \"p\" is invalid: spec: Forbidden: pod updates may not change fields other than", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unbound_pod_goes_at_once_and_a_bound_one_waits_for_its_node()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("pods", Pod);
        Assert.True((await api.DeleteAsync("pods", "p")).IsGone);
        await api.CreateAsync("pods", Pod);
        await api.PatchAsync("pods", "p", """{"spec":{"nodeName":"n1"}}""");
        Assert.False((await api.DeleteAsync("pods", "p")).IsGone);
        var pod = api.Get("pods", "p");
        Assert.Equal(30, pod["metadata"]!["deletionGracePeriodSeconds"]!.GetValue<int>());
        Assert.NotNull(pod["metadata"]!["deletionTimestamp"]);
        Assert.True((await api.DeleteAsync("pods", "p", new DeleteOptions { GracePeriodSeconds = 0 })).IsGone);
    }

    [Fact]
    public async Task A_precondition_that_does_not_hold_is_a_conflict()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("pods", Pod);
        var failure = await Assert.ThrowsAsync<KubeApiException>(() => api.DeleteAsync("pods", "p", new DeleteOptions { Uid = "other" }));
        Assert.True(failure.IsConflict);
        Assert.Equal(["p"], api.Names("pods"));
    }

    [Fact]
    public async Task Finalizers_keep_a_deleted_object_until_they_are_gone()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("configmaps", """{"metadata":{"name":"c","finalizers":["example.org/hold"]}}""");
        Assert.False((await api.DeleteAsync("configmaps", "c")).IsGone);
        Assert.Equal(["c"], api.Names("configmaps"));
        await api.PatchAsync("configmaps", "c", """{"metadata":{"finalizers":null}}""");
        Assert.Empty(api.Names("configmaps"));
    }

    [Fact]
    public async Task Orphans_lose_their_owner()
    {
        await using var api = await RegistryHarness.StartAsync();
        var owner = await api.CreateAsync("deployments.apps", Deployment);
        var uid = owner["metadata"]!["uid"]!.GetValue<string>();
        await api.CreateAsync("configmaps", $$$"""{"metadata":{"name":"c","ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"d","uid":"{{{uid}}}"}]}}""");
        await api.DeleteAsync("deployments.apps", "d", new DeleteOptions { Orphan = true });
        Assert.Null(api.Get("configmaps", "c")["metadata"]!["ownerReferences"]);
    }

    [Fact]
    public async Task A_deleted_namespace_takes_its_content_along()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("namespaces", """{"metadata":{"name":"team"}}""");
        Assert.Equal(["default"], api.Names("serviceaccounts", "team"));
        await api.CreateAsync("configmaps", """{"metadata":{"name":"c"}}""", "team");
        await api.CreateAsync("pods", Pod, "team");
        await api.PatchAsync("pods", "p", """{"spec":{"nodeName":"n1"}}""", ns: "team");
        using var watch = Watch(api, "namespaces");
        await api.DeleteAsync("namespaces", "team");
        Assert.Equal("Terminating", api.Get("namespaces", "team")["status"]!["phase"]!.GetValue<string>());
        var failure = await Assert.ThrowsAsync<KubeApiException>(() => api.CreateAsync("configmaps", """{"metadata":{"name":"late"}}""", "team"));
        Assert.Equal("configmaps \"late\" is forbidden: unable to create new content in namespace team because it is being terminated", failure.Message);
        // The pod's node ends the pod, then the namespace can go.
        await Until(watch: Watch(api, "pods"), WatchEventType.Modified);
        await api.DeleteAsync("pods", "p", new DeleteOptions { GracePeriodSeconds = 0 }, "team");
        await Until(watch, WatchEventType.Deleted);
        Assert.Empty(api.Names("configmaps", "team"));
        Assert.DoesNotContain("team", api.Names("namespaces"));
    }

    [Fact]
    public async Task Namespaces_of_the_system_may_not_be_deleted()
    {
        await using var api = await RegistryHarness.StartAsync();
        await RegistryHarness.RefusesAsync(403, "namespaces \"default\" is forbidden: this namespace may not be deleted", () => api.DeleteAsync("namespaces", "default"));
    }

    [Fact]
    public async Task Events_are_forgotten_after_an_hour()
    {
        await using var api = await RegistryHarness.StartAsync();
        var now = DateTimeOffset.Parse("2030-01-01T12:00:00Z", System.Globalization.CultureInfo.InvariantCulture);
        await api.CreateAsync("events", """{"metadata":{"name":"old"},"involvedObject":{"kind":"Pod"},"lastTimestamp":"2030-01-01T10:59:00Z"}""");
        await api.CreateAsync("events", """{"metadata":{"name":"new"},"involvedObject":{"kind":"Pod"},"lastTimestamp":"2030-01-01T11:01:00Z"}""");
        await using var expiry = new EventExpiry(api.Registry, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        await expiry.RemoveAsync(now);
        Assert.Equal(["new"], api.Names("events"));
    }

    [Theory]
    [InlineData("app=a", null, "a")]
    [InlineData("app!=a", null, "b,c")]
    [InlineData("app in (a,b)", null, "a,b")]
    [InlineData("app notin (a,b)", null, "c")]
    [InlineData("app", null, "a,b")]
    [InlineData("!app", null, "c")]
    [InlineData("app==a,tier", null, "")]
    [InlineData(null, "metadata.name=b", "b")]
    [InlineData(null, "metadata.name!=b", "a,c")]
    public async Task Selectors_choose_objects(string? labels, string? fields, string expected)
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("configmaps", """{"metadata":{"name":"a","labels":{"app":"a"}}}""");
        await api.CreateAsync("configmaps", """{"metadata":{"name":"b","labels":{"app":"b"}}}""");
        await api.CreateAsync("configmaps", """{"metadata":{"name":"c"}}""");
        Assert.Equal(expected, string.Join(',', api.Names("configmaps", labels: labels, fields: fields)));
    }

    [Theory]
    [InlineData("a in b", null, "unable to parse the label selector")]
    [InlineData("a=b c", null, "unable to parse the label selector")]
    [InlineData(null, "spec.color=red", "field label not supported: spec.color")]
    [InlineData(null, "spec.nodeName", "unable to parse the field selector")]
    public async Task A_malformed_selector_is_a_bad_request(string? labels, string? fields, string sentence)
    {
        await using var api = await RegistryHarness.StartAsync();
        var failure = Assert.Throws<KubeApiException>(() => api.Names("pods", labels: labels, fields: fields));
        Assert.Equal(400, failure.Status.Code);
        Assert.Contains(sentence, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_shows_objects_entering_and_leaving_its_selector()
    {
        await using var api = await RegistryHarness.StartAsync();
        await api.CreateAsync("pods", Pod);
        var strategy = api.Strategy("pods");
        using var watch = api.Registry.Reader.Watch(strategy, ObjectFilter.Parse(strategy, null, null, "spec.nodeName=n1"),
            new WatchOptions { ResourceVersion = api.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture) });
        await api.PatchAsync("pods", "p", """{"spec":{"nodeName":"n1"}}""");
        await api.PatchAsync("pods", "p", """{"metadata":{"labels":{"a":"b"}}}""");
        await api.DeleteAsync("pods", "p", new DeleteOptions { GracePeriodSeconds = 0 });
        Assert.Equal([WatchEventType.Added, WatchEventType.Modified, WatchEventType.Deleted], (await Take(watch, 3)).Select(i => i.Type));
    }

    [Fact]
    public async Task A_watch_from_nowhere_begins_with_what_exists()
    {
        await using var api = await RegistryHarness.StartAsync();
        using var watch = Watch(api, "namespaces");
        Assert.Equal(["default", "kube-node-lease", "kube-public", "kube-system"], (await Take(watch, 4)).Select(i => i.Object!.Key.Name));
    }

    [Fact]
    public async Task Initial_events_end_with_a_bookmark_of_the_list()
    {
        await using var api = await RegistryHarness.StartAsync();
        var strategy = api.Strategy("namespaces");
        using var watch = api.Registry.Reader.Watch(strategy, ObjectFilter.Parse(strategy, null, null, null), new WatchOptions { SendInitialEvents = true, AllowBookmarks = true });
        var items = await Take(watch, 5);
        Assert.Equal((WatchEventType.Bookmark, true, api.Revision), (items[4].Type, items[4].EndsInitialEvents, items[4].Revision));
    }

    [Fact]
    public async Task Pages_of_a_list_show_one_state()
    {
        await using var api = await RegistryHarness.StartAsync();
        foreach (var name in (string[])["a", "b", "c", "d"])
            await api.CreateAsync("configmaps", $$$"""{"metadata":{"name":"{{{name}}}"}}""");
        var strategy = api.Strategy("configmaps");
        var filter = ObjectFilter.Parse(strategy, "default", null, null);
        var first = api.Registry.Reader.List(strategy, filter, new ListOptions { Limit = 2 });
        await api.DeleteAsync("configmaps", "c");
        await api.CreateAsync("configmaps", """{"metadata":{"name":"cc"}}""");
        var second = api.Registry.Reader.List(strategy, filter, new ListOptions { Limit = 2, Continue = first.Continue });
        Assert.Equal(["a", "b"], first.Items.Select(i => i.Key.Name));
        Assert.Equal(2, first.Remaining);
        Assert.Equal(["c", "d"], second.Items.Select(i => i.Key.Name));
        Assert.Null(second.Continue);
        Assert.Equal(first.Revision, second.Revision);
    }

    private static long Generation(JsonObject value) => value["metadata"]!["generation"]!.GetValue<long>();

    private static ObjectWatch Watch(RegistryHarness api, string resource) =>
        api.Registry.Reader.Watch(api.Strategy(resource), ObjectFilter.Parse(api.Strategy(resource), null, null, null), new WatchOptions());

    private static async Task<List<WatchItem>> Take(ObjectWatch watch, int count)
    {
        var items = new List<WatchItem>();
        await foreach (var item in watch.ReadAsync(TestContext.Current.CancellationToken))
        {
            items.Add(item);
            if (items.Count == count)
                break;
        }
        return items;
    }

    private static async Task Until(ObjectWatch watch, WatchEventType type)
    {
        await foreach (var item in watch.ReadAsync(TestContext.Current.CancellationToken))
        {
            if (item.Type == type || (type == WatchEventType.Modified && item.Object!.Root.GetProperty("metadata").TryGetProperty("deletionTimestamp", out _)))
                return;
        }
    }
}
