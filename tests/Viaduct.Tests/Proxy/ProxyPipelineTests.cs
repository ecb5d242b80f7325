using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Proxy;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Fakes;
using static Viaduct.Tests.Proxy.Objects;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Proxy;

/// <summary>From the API to the backend: what is put together, what is waited for and what is told.</summary>
public sealed class ProxyPipelineTests : IAsyncDisposable
{
    private const string Zone = "topology.kubernetes.io/zone";

    private readonly FakeKubeApi api = new();
    private readonly RecordingObserver observer = new();
    private readonly GatedBackend backend = new();
    private readonly CancellationTokenSource stop = new();
    private ServiceProxy? proxy;
    private Task running = Task.CompletedTask;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    [Fact]
    public async Task Changes_during_an_application_are_applied_together_afterwards()
    {
        backend.IsHeld = true;
        Start();
        var first = await backend.Calls.Reader.ReadAsync(Cancellation);
        for (var i = 1; i <= 5; i++)
            await api.CreateAsync(Service($"web-{i}", $"10.0.0.{i}", Port(null, 80)), Cancellation);
        await observer.UntilAsync(() => observer.Services == 5);
        Assert.Equal(0, backend.Calls.Reader.Count);
        first.Done.SetResult();
        var second = await backend.Calls.Reader.ReadAsync(Cancellation);
        Assert.Equal((5, 5), (second.State.Ports.Count, second.Change.Frontends.Count));
        second.Done.SetResult();
        await api.CreateAsync(Service("late", "10.0.0.6", Port(null, 80)), Cancellation);
        var third = await backend.Calls.Reader.ReadAsync(Cancellation);
        Assert.Equal((6, 1), (third.State.Ports.Count, third.Change.Frontends.Count));
        third.Done.SetResult();
    }

    [Fact]
    public async Task Between_two_applications_a_chosen_pause_passes()
    {
        var time = new HeldTime();
        Start(new ProxyOptions { NodeName = "here", MinSyncPeriod = TimeSpan.FromSeconds(7), Time = time });
        await backend.Calls.Reader.ReadAsync(Cancellation);
        var pause = await time.Waits.Reader.ReadAsync(Cancellation);
        Assert.Equal(TimeSpan.FromSeconds(7), pause.Length);
        await api.CreateAsync(Service("a", "10.0.0.1", Port(null, 80)), Cancellation);
        await api.CreateAsync(Service("b", "10.0.0.2", Port(null, 80)), Cancellation);
        await observer.UntilAsync(() => observer.Services == 2);
        Assert.Equal(0, backend.Calls.Reader.Count);
        pause.End();
        Assert.Equal(2, (await backend.Calls.Reader.ReadAsync(Cancellation)).State.Ports.Count);
        await time.Waits.Reader.ReadAsync(Cancellation);
    }

    [Fact]
    public async Task A_change_waits_from_when_it_came_until_the_kernel_has_it()
    {
        var time = new ManualTime();
        backend.IsHeld = true;
        Start(new ProxyOptions { NodeName = "here", Time = time });
        (await backend.Calls.Reader.ReadAsync(Cancellation)).Done.SetResult();
        await observer.UntilAsync(() => observer.States.Count == 1);
        Assert.Null(proxy!.WaitingSince(IPFamily.IPv4));

        var came = time.GetUtcNow();
        await api.CreateAsync(Service("a", "10.0.0.1", Port(null, 80)), Cancellation);
        var call = await backend.Calls.Reader.ReadAsync(Cancellation);
        time.Advance(TimeSpan.FromSeconds(61));
        await api.CreateAsync(Service("b", "10.0.0.2", Port(null, 80)), Cancellation);
        await observer.UntilAsync(() => observer.Services == 2);
        Assert.Equal(came, proxy.WaitingSince(IPFamily.IPv4));
        call.Done.SetResult();
        (await backend.Calls.Reader.ReadAsync(Cancellation)).Done.SetResult();
        await observer.UntilAsync(() => observer.States.Count == 3);
        Assert.Null(proxy.WaitingSince(IPFamily.IPv4));
    }

    [Theory]
    [InlineData("service.kubernetes.io/service-proxy-name")]
    [InlineData("service.kubernetes.io/headless")]
    public async Task A_service_that_gets_another_proxy_s_label_is_gone_and_back_without_it(string label)
    {
        await api.CreateAsync(Service("web", "10.0.0.1", Port(null, 80)), Cancellation);
        Start();
        Assert.Single((await backend.Calls.Reader.ReadAsync(Cancellation)).State.Ports);
        await api.PatchAsync<Service>("ns", "web", Label("other"), null, Cancellation);
        Assert.Empty((await backend.Calls.Reader.ReadAsync(Cancellation)).State.Ports);
        await api.PatchAsync<Service>("ns", "web", Label(null), null, Cancellation);
        Assert.Single((await backend.Calls.Reader.ReadAsync(Cancellation)).State.Ports);

        JsonObject Label(string? value) => new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [label] = value } } };
    }

    [Fact]
    public async Task A_failure_is_told_and_tried_again_after_a_growing_pause()
    {
        var time = new HeldTime();
        backend.Failures = 3;
        Start(new ProxyOptions { NodeName = "here", Time = time });
        var lengths = new List<double>();
        for (var i = 0; i < 3; i++)
        {
            var pause = await time.Waits.Reader.ReadAsync(Cancellation);
            lengths.Add(pause.Length.TotalMilliseconds);
            pause.End();
        }

        await backend.Calls.Reader.ReadAsync(Cancellation);
        Assert.Equal(["IPv4: not now", "IPv4: not now", "IPv4: not now"], observer.Failures);
        Assert.InRange(lengths[0], 75, 125);
        Assert.InRange(lengths[1], 150, 250);
        Assert.InRange(lengths[2], 300, 500);
    }

    [Fact]
    public async Task What_was_applied_is_told_with_the_state_the_change_and_when_pods_changed()
    {
        Start();
        await observer.UntilAsync(() => observer.States.Count == 1);
        await api.CreateAsync(Service("web", "10.0.0.1", Port(null, 80)), Cancellation);
        await observer.UntilAsync(() => observer.States.Last().State.Ports.Count == 1);
        var at = DateTimeOffset.UtcNow.AddMinutes(1);
        var slice = Slice("web", "web-1", "", 8080, Pod("10.1.0.1"));
        var annotations = new Dictionary<string, string> { ["endpoints.kubernetes.io/last-change-trigger-time"] = at.ToString("yyyy-MM-ddTHH:mm:ssZ") };
        await api.CreateAsync(slice with { Metadata = slice.Metadata with { Annotations = annotations } }, Cancellation);
        await observer.UntilAsync(() => observer.States.LastOrDefault()?.State.Ports.Values.Any(p => p.Endpoints.Length == 1) == true);
        var last = observer.States.Last();
        Assert.Equal((IPFamily.IPv4, 1), (last.Family, last.Change.Frontends.Count));
        Assert.Equal(at.ToUnixTimeSeconds(), Assert.Single(last.TriggerTimes).ToUnixTimeSeconds());
        Assert.Equal((1, 1), (observer.Services, observer.Slices));
    }

    [Fact]
    public async Task A_problem_is_told_once_and_counted_until_it_is_gone()
    {
        Start();
        await api.CreateAsync(Service("a", "10.0.0.1", Port(null, 80, nodePort: 30000)), Cancellation);
        await api.CreateAsync(Service("b", "10.0.0.2", Port(null, 80, nodePort: 30000)), Cancellation);
        await observer.UntilAsync(() => observer.States.LastOrDefault()?.State.Problems.Conflicting == 1);
        await api.PatchAsync<Service>("ns", "b", new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["x"] = "y" } } }, null, Cancellation);
        await api.CreateAsync(Service("mark", "10.0.0.3", Port(null, 80)), Cancellation);
        await observer.UntilAsync(() => observer.States.Last().State.Ports.Count == 3);
        Assert.Equal(["node port 30000/tcp is claimed by ns/a and ns/b; ns/a gets it until the others change."], observer.Problems);
        await api.DeleteAsync<Service>("ns", "a", DeleteQuery.Default, Cancellation);
        await observer.UntilAsync(() => observer.States.Last().State.Problems == default);
    }

    [Fact]
    public async Task Ranges_of_cluster_IPs_are_the_union_of_all_ServiceCIDRs_of_the_family()
    {
        await Create("one", "10.96.0.0/16", "fd00::/108");
        await Create("two", "10.97.0.0/16");
        Start();
        Assert.Equal(["10.96.0.0/16", "10.97.0.0/16"], Ranges(await backend.Calls.Reader.ReadAsync(Cancellation)));
        await Create("three", "10.97.0.0/16", "not a range");
        await api.DeleteAsync<ServiceCIDR>(null, "two", DeleteQuery.Default, Cancellation);
        await api.DeleteAsync<ServiceCIDR>(null, "one", DeleteQuery.Default, Cancellation);
        // The same range was named twice, so its first name's end changed nothing.
        var call = await backend.Calls.Reader.ReadAsync(Cancellation);
        Assert.Equal(["10.97.0.0/16"], Ranges(call));
        Assert.Equal((0, true), (call.Change.Frontends.Count, call.Change.ServiceCidrsChanged));

        Task Create(string name, params string[] cidrs) =>
            api.CreateAsync(new ServiceCIDR { Metadata = new() { Name = name }, Spec = new() { Cidrs = cidrs } }, Cancellation);
    }

    [Fact]
    public async Task Ranges_that_went_while_the_watch_was_broken_go_with_the_next_list()
    {
        await api.CreateAsync(new ServiceCIDR { Metadata = new() { Name = "one" }, Spec = new() { Cidrs = ["10.96.0.0/16"] } }, Cancellation);
        Start();
        Assert.Single(Ranges(await backend.Calls.Reader.ReadAsync(Cancellation)));
        api.Fault = r => r.StartsWith("WATCH servicecidrs", StringComparison.Ordinal) ? new KubeApiException(new Status { Reason = "Unreachable" }) : null;
        api.DropWatches();
        await api.DeleteAsync<ServiceCIDR>(null, "one", DeleteQuery.Default, Cancellation);
        api.ForgetHistory();
        api.Fault = null;
        Assert.Empty(Ranges(await backend.Calls.Reader.ReadAsync(Cancellation)));
    }

    [Fact]
    public async Task A_node_that_moves_to_another_zone_gets_that_zone_s_endpoints()
    {
        await CreateNode("a");
        await api.CreateAsync(Service("web", "10.0.0.1", Port(null, 80)), Cancellation);
        await api.CreateAsync(Service("plain", "10.0.0.2", Port(null, 80)), Cancellation);
        await api.CreateAsync(Slice("web", "web-1", "", 8080, In("10.1.0.1", "a"), In("10.1.0.2", "b")), Cancellation);
        Start();
        Assert.Equal(["10.1.0.1:8080"], Endpoints(await backend.Calls.Reader.ReadAsync(Cancellation)));
        await api.PatchAsync<KubeNode>(null, "here", Labels("b"), null, Cancellation);
        var call = await backend.Calls.Reader.ReadAsync(Cancellation);
        Assert.Equal(["10.1.0.2:8080"], Endpoints(call));
        Assert.Single(call.Change.Frontends);
        Assert.Equal(["a", "b"], observer.Nodes);

        // A node that is gone keeps the endpoints it had.
        await api.DeleteAsync<KubeNode>(null, "here", DeleteQuery.Default, Cancellation);
        await observer.UntilAsync(() => observer.Nodes.Last() == "gone");
        await api.CreateAsync(Service("mark", "10.0.0.3", Port(null, 80)), Cancellation);
        Assert.Equal(["10.1.0.2:8080"], Endpoints(await backend.Calls.Reader.ReadAsync(Cancellation)));

        static Endpoint In(string address, string zone) => Pod(address) with { Hints = new() { ForZones = [new() { Name = zone }] } };
    }

    [Fact]
    public async Task A_node_that_the_api_does_not_know_is_told_as_gone_and_of_other_nodes_nothing()
    {
        await api.CreateAsync(new KubeNode { Metadata = new() { Name = "elsewhere" } }, Cancellation);
        Start();
        await backend.Calls.Reader.ReadAsync(Cancellation);
        await observer.UntilAsync(() => !observer.Nodes.IsEmpty);
        await CreateNode("a");
        await observer.UntilAsync(() => observer.Nodes.Count == 2);
        Assert.Equal(["gone", "a"], observer.Nodes);
    }

    private void Start(ProxyOptions? options = null)
    {
        var backends = new Dictionary<IPFamily, IProxyBackend> { [IPFamily.IPv4] = backend };
        proxy = new ServiceProxy(api, backends, options ?? new ProxyOptions { NodeName = "here" }, NullLogger.Instance, observer);
        running = proxy.RunAsync(stop.Token);
    }

    private Task<KubeNode> CreateNode(string zone) =>
        api.CreateAsync(new KubeNode { Metadata = new() { Name = "here", Labels = new Dictionary<string, string> { [Zone] = zone } } }, Cancellation);

    private static JsonObject Labels(string zone) =>
        new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [Zone] = zone } } };

    private static IEnumerable<string> Ranges(Call call) => call.State.ServiceCidrs.Select(r => r.ToString());

    private static IEnumerable<string> Endpoints(Call call) => call.State.Ports[new("ns", "web", "")].Endpoints.Select(e => e.Target.ToString());

    private sealed record Call(ProxyChange Change, ProxyState State, TaskCompletionSource Done);

    /// <summary>Tells each call, and does not return from it before it is allowed to.</summary>
    private sealed class GatedBackend : IProxyBackend
    {
        public bool IsHeld { get; set; }

        public int Failures { get; set; }

        public Channel<Call> Calls { get; } = Channel.CreateUnbounded<Call>();

        public async Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation)
        {
            if (Failures-- > 0)
                throw new InvalidOperationException("not now");
            var call = new Call(change, desired, new(TaskCreationOptions.RunContinuationsAsynchronously));
            Calls.Writer.TryWrite(call);
            if (IsHeld)
                await call.Done.Task.WaitAsync(cancellation);
            return new ProxyReport(change.Frontends.Count, 1);
        }

        public Task WaitForForeignEditAsync(CancellationToken cancellation) => Task.Delay(Timeout.Infinite, cancellation);

        public void Dispose()
        {
        }
    }
}
