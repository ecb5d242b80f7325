using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Config;
using Viaduct.Kube.Http;
using Viaduct.Kube.Objects;
using Viaduct.Tests.Fakes;
using Viaduct.Tests.KubeServer;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Kube;

/// <summary>What every implementation of <see cref="IKubeApi"/> does alike, the fake included.</summary>
public sealed class KubeApiConformanceTests : IClassFixture<ServerHarness>, IDisposable
{
    private readonly Dictionary<string, IKubeApi> _apis;
    private readonly HttpKubeApi _http;
    private readonly string _ns = $"ns-{Guid.NewGuid().ToString("N")[..8]}";

    public KubeApiConformanceTests(ServerHarness server)
    {
        _http = HttpKubeApi.FromKubeconfig(Kubeconfig.Load(server.KubeconfigPath));
        _apis = new() { ["fake"] = new FakeKubeApi(), ["in process"] = server.Server.Api, ["http"] = _http };
    }

    public static TheoryData<string> Implementations => ["fake", "in process", "http"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Implementations))]
    public async Task What_was_created_can_be_got_listed_patched_and_deleted(string which)
    {
        var api = await OpenAsync(which);
        var made = await api.CreateAsync(Map("a", "1"), Ct);
        Assert.NotNull(made.Metadata.Uid);
        Assert.NotNull(made.Metadata.CreationTimestamp);
        Assert.Equal(made.Metadata, (await api.GetAsync<ConfigMap>(_ns, "a", Ct)).Metadata with { Labels = made.Metadata.Labels });
        await api.CreateAsync(Map("b", "2"), Ct);
        var list = await api.ListAsync<ConfigMap>(new ListQuery { Namespace = _ns, LabelSelector = "value in (1)" }, Ct);
        Assert.Equal(["a"], list.Items.Select(m => m.Metadata.Name));
        Assert.Equal(["b"], (await api.ListAsync<ConfigMap>(new ListQuery { Namespace = _ns, FieldSelector = "metadata.name!=a" }, Ct)).Items.Select(m => m.Metadata.Name));
        var patched = await api.PatchAsync<ConfigMap>(_ns, "a", Json("""{"data": {"value": null, "more": "3"}}"""), null, Ct);
        Assert.Equal([new("more", "3")], patched.Data!);
        await api.DeleteAsync<ConfigMap>(_ns, "a", DeleteQuery.Default, Ct);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => api.GetAsync<ConfigMap>(_ns, "a", Ct))).IsNotFound);
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public async Task Refusals_say_what_they_are(string which)
    {
        var api = await OpenAsync(which);
        var made = await api.CreateAsync(Map("a", "1"), Ct);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => api.CreateAsync(Map("a", "1"), Ct))).IsAlreadyExists);
        await api.PatchAsync<ConfigMap>(_ns, "a", Json("""{"data": {"value": "2"}}"""), null, Ct);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => api.UpdateAsync(made, Ct))).IsConflict);
        var wrongUid = new DeleteQuery { Uid = "00000000-0000-0000-0000-000000000000" };
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => api.DeleteAsync<ConfigMap>(_ns, "a", wrongUid, Ct))).IsConflict);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => api.DeleteAsync<ConfigMap>(_ns, "nobody", DeleteQuery.Default, Ct))).IsNotFound);
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public async Task A_watch_from_a_list_tells_all_that_follows(string which)
    {
        var api = await OpenAsync(which);
        await api.CreateAsync(Map("before", "1"), Ct);
        var query = new ListQuery { Namespace = _ns, LabelSelector = "value" };
        var version = (await api.ListAsync<ConfigMap>(query, Ct)).Metadata.ResourceVersion!;
        await api.CreateAsync(Map("a", "1"), Ct);
        var last = await api.PatchAsync<ConfigMap>(_ns, "a", Json("""{"data": {"value": "2"}}"""), null, Ct);
        await api.PatchAsync<ConfigMap>(_ns, "before", Json("""{"metadata": {"labels": {"value": null}}}"""), null, Ct);
        await api.DeleteAsync<ConfigMap>(_ns, "a", DeleteQuery.Default, Ct);
        var told = new List<string>();
        await foreach (var (type, value) in api.WatchAsync<ConfigMap>(query, version, Ct))
        {
            if (type == WatchEventType.Bookmark)
                continue;
            told.Add($"{type} {value.Metadata.Name} {value.Data!["value"]}");
            if (type == WatchEventType.Modified)
                Assert.Equal(last.Metadata.ResourceVersion, value.Metadata.ResourceVersion);
            if (told.Count == 4)
                break;
        }
        Assert.Equal(["Added a 1", "Modified a 2", "Deleted before 1", "Deleted a 2"], told);
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public async Task A_list_read_in_pages_has_every_object_once_and_a_version_to_watch_from(string which)
    {
        var api = await OpenAsync(which);
        for (var i = 0; i < 7; i++)
            await api.CreateAsync(Map($"m{i}", "1"), Ct);
        var query = new ListQuery { Namespace = _ns, LabelSelector = "value=1" };
        var (names, pages) = (new List<string>(), 0);
        var end = new ListMeta();
        do
        {
            var before = names.Count;
            end = await api.ListPageAsync<ConfigMap>(query, new ListPage(3, end.Continue), m => names.Add(m.Metadata.Name!), Ct);
            Assert.InRange(names.Count - before, 1, 3);
            pages++;
        }
        while (end.Continue is { Length: > 0 });
        Assert.Equal(3, pages);
        Assert.Equal(["m0", "m1", "m2", "m3", "m4", "m5", "m6"], names.Order());

        await api.CreateAsync(Map("later", "1"), Ct);
        await foreach (var (type, value) in api.WatchAsync<ConfigMap>(query, end.ResourceVersion!, Ct))
        {
            if (type == WatchEventType.Bookmark)
                continue;
            Assert.Equal((WatchEventType.Added, "later"), (type, value.Metadata.Name));
            break;
        }
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public async Task A_page_without_a_limit_is_the_whole_list(string which)
    {
        var api = await OpenAsync(which);
        for (var i = 0; i < 5; i++)
            await api.CreateAsync(Map($"m{i}", "1"), Ct);
        var names = new List<string>();
        var end = await api.ListPageAsync<ConfigMap>(new ListQuery { Namespace = _ns, FieldSelector = "metadata.name!=m2" }, new ListPage(0), m => names.Add(m.Metadata.Name!), Ct);
        Assert.True(string.IsNullOrEmpty(end.Continue));
        Assert.Equal(["m0", "m1", "m3", "m4"], names.Where(n => n[0] == 'm').Order());
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public async Task A_streamed_list_says_where_it_ends_and_goes_on_as_a_watch(string which)
    {
        var api = await OpenAsync(which);
        await api.CreateAsync(Map("a", "1"), Ct);
        await api.CreateAsync(Map("b", "1"), Ct);
        await api.CreateAsync(Map("other", "2"), Ct);
        var told = new List<string>();
        await foreach (var change in api.WatchListAsync<ConfigMap>(new ListQuery { Namespace = _ns, LabelSelector = "value=1" }, Ct))
        {
            if (change.EndsInitialEvents())
            {
                Assert.True(ulong.Parse(change.Value.Metadata.ResourceVersion!) > 0);
                told.Add("end");
                await api.DeleteAsync<ConfigMap>(_ns, "a", DeleteQuery.Default, Ct);
            }
            else if (change.Type != WatchEventType.Bookmark)
            {
                told.Add($"{change.Type} {change.Value.Metadata.Name}");
            }

            if (change.Type == WatchEventType.Deleted)
                break;
        }

        Assert.Equal(["Added a", "Added b"], told.Take(2).Order());
        Assert.Equal(["end", "Deleted a"], told.Skip(2));
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public async Task A_watch_ends_when_it_is_cancelled(string which)
    {
        var api = await OpenAsync(which);
        var version = (await api.ListAsync<ConfigMap>(ListQuery.All, Ct)).Metadata.ResourceVersion!;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            stop.CancelAfter(TimeSpan.FromMilliseconds(50));
            await foreach (var change in api.WatchAsync<ConfigMap>(new ListQuery { Namespace = _ns }, version, stop.Token))
                Assert.Equal(WatchEventType.Bookmark, change.Type);
        });
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public async Task A_pod_is_bound_once_and_ends_gracefully_on_its_node(string which)
    {
        var api = await OpenAsync(which);
        var pod = await api.CreateRawAsync<Pod>(_ns, Json("""{"metadata": {"generateName": "p-"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}"""), Ct);
        Assert.StartsWith("p-", pod.Metadata.Name);
        Assert.Equal("Pending", pod.Status!.Phase);
        await api.BindAsync(_ns, pod.Metadata.Name!, "node-1", Ct);
        Assert.Equal("node-1", (await api.GetAsync<Pod>(_ns, pod.Metadata.Name!, Ct)).Spec!.NodeName);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => api.BindAsync(_ns, pod.Metadata.Name!, "node-2", Ct))).IsConflict);
        var running = await api.PatchAsync<Pod>(_ns, pod.Metadata.Name!, Json("""{"status": {"phase": "Running"}}"""), "status", Ct);
        Assert.Equal("Running", running.Status!.Phase);
        await api.DeleteAsync<Pod>(_ns, pod.Metadata.Name!, DeleteQuery.Default, Ct);
        Assert.NotNull((await api.GetAsync<Pod>(_ns, pod.Metadata.Name!, Ct)).Metadata.DeletionTimestamp);
        await api.DeleteAsync<Pod>(_ns, pod.Metadata.Name!, new DeleteQuery { GracePeriodSeconds = 0, Uid = pod.Metadata.Uid }, Ct);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => api.GetAsync<Pod>(_ns, pod.Metadata.Name!, Ct))).IsNotFound);
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public async Task A_condition_is_set_beside_those_of_others(string which)
    {
        var api = await OpenAsync(which);
        var name = $"node-{_ns}";
        await api.CreateRawAsync<KubeNode>(null, Json($$$"""{"metadata": {"name": "{{{name}}}"}, "status": {"conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]}}"""), Ct);
        await api.SetConditionAsync<KubeNode>(null, name, new Condition { Type = "NetworkUnavailable", Status = "True", Reason = "None", Message = "stays" }, Ct);
        var set = await api.SetConditionAsync<KubeNode>(null, name, new Condition { Type = "NetworkUnavailable", Status = "False", Reason = "Up" }, Ct);
        Assert.Equal(["Ready True KubeletReady ", "NetworkUnavailable False Up stays"], set.Status!.Conditions!.Select(c => $"{c.Type} {c.Status} {c.Reason} {c.Message}"));
    }

    public void Dispose() => _http.Dispose();

    private async Task<IKubeApi> OpenAsync(string which)
    {
        var api = _apis[which];
        await api.CreateAsync(new Namespace { Metadata = new() { Name = _ns } }, Ct);
        return api;
    }

    private ConfigMap Map(string name, string value) => new()
    {
        Metadata = new() { Name = name, Namespace = _ns, Labels = new Dictionary<string, string> { ["value"] = value } },
        Data = new Dictionary<string, string> { ["value"] = value },
    };

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
