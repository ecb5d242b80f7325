using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Proxy;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Fakes;
using Viaduct.Tests.Nftables;
using static Viaduct.Tests.Proxy.Objects;

namespace Viaduct.Tests.Proxy;

public class ServiceProxyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_state_is_whole_and_later_ones_follow_the_changes()
    {
        var api = new FakeKubeApi();
        await api.CreateAsync(Service("web", "10.0.0.1", Port(null, 80)), Cancellation);
        await api.CreateAsync(Slice("web", "web-1", "", 8080, Pod("10.1.0.1")), Cancellation);
        var backend = new RecordingBackend();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var proxy = new ServiceProxy(api, new Dictionary<IPFamily, IProxyBackend> { [IPFamily.IPv4] = backend }, new ProxyOptions { NodeName = "here" }, NullLogger.Instance);
        var run = proxy.RunAsync(stop.Token);
        await proxy.Ready;
        var first = await backend.Calls.Reader.ReadAsync(Cancellation);
        Assert.Single(first.Ports.Values.Single().Endpoints);

        await api.DeleteAsync<Viaduct.Kube.Objects.EndpointSlice>("ns", "web-1", Viaduct.Kube.Api.DeleteQuery.Default, Cancellation);
        await backend.UntilAsync(state => state.Ports.Values.Single().Endpoints.IsEmpty);
        await api.DeleteAsync<Viaduct.Kube.Objects.Service>("ns", "web", Viaduct.Kube.Api.DeleteQuery.Default, Cancellation);
        await backend.UntilAsync(state => state.Ports.IsEmpty);
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task A_failed_application_is_tried_again_with_the_newest_state()
    {
        var api = new FakeKubeApi();
        await api.CreateAsync(Service("web", "10.0.0.1", Port(null, 80)), Cancellation);
        var backend = new RecordingBackend { Failures = 2 };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var proxy = new ServiceProxy(api, new Dictionary<IPFamily, IProxyBackend> { [IPFamily.IPv4] = backend }, new ProxyOptions { NodeName = "here" }, NullLogger.Instance);
        var run = proxy.RunAsync(stop.Token);
        await proxy.Ready;
        await backend.UntilAsync(state => state.Ports.Count == 1);
        Assert.Equal(0, backend.Failures);
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task A_family_that_fails_does_not_stop_the_other_and_a_foreign_edit_is_repaired()
    {
        var api = new FakeKubeApi();
        var (four, six) = (new RecordingBackend(), new RecordingBackend { Failures = int.MaxValue });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var backends = new Dictionary<IPFamily, IProxyBackend> { [IPFamily.IPv4] = four, [IPFamily.IPv6] = six };
        var proxy = new ServiceProxy(api, backends, new ProxyOptions { NodeName = "here" }, NullLogger.Instance);
        var run = proxy.RunAsync(stop.Token);
        Assert.Empty((await four.Calls.Reader.ReadAsync(Cancellation)).Ports);
        four.Edits.Writer.TryWrite(true);
        Assert.Empty((await four.Calls.Reader.ReadAsync(Cancellation)).Ports);
        Assert.False(proxy.Ready.IsCompleted);
        await stop.CancelAsync();
        await run;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Flows_are_looked_at_after_the_first_state_unless_the_backend_does_without_the_kernels(bool usesConntrack)
    {
        // It has no flows either.
        using var conntrack = new Viaduct.Linux.Conntrack.ConntrackClient(new InMemoryNftables());
        var observer = new FlowObserver();
        var backend = new RecordingBackend { UsesConntrack = usesConntrack };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var backends = new Dictionary<IPFamily, IProxyBackend> { [IPFamily.IPv4] = backend };
        var proxy = new ServiceProxy(new FakeKubeApi(), backends, new ProxyOptions { NodeName = "here" }, NullLogger.Instance, observer, conntrack);
        var run = proxy.RunAsync(stop.Token);
        await proxy.Ready;
        if (usesConntrack)
            Assert.Equal(0, await observer.Reconciled.Task.WaitAsync(Cancellation));
        await stop.CancelAsync();
        await run;
        Assert.Equal(usesConntrack, observer.Reconciled.Task.IsCompleted);
    }

    [Fact]
    public async Task Nothing_is_applied_before_services_and_slices_are_both_known()
    {
        var api = new FakeKubeApi();
        using var refused = new SemaphoreSlim(0);
        var refuses = true;
        api.Fault = r =>
        {
            if (!Volatile.Read(ref refuses) || !r.StartsWith("STREAM endpointslices", StringComparison.Ordinal))
                return null;
            refused.Release();
            return new Viaduct.Kube.Api.KubeApiException(new() { Code = 500, Message = "not now" });
        };
        await api.CreateAsync(Service("web", "10.0.0.1", Port(null, 80)), Cancellation);
        await api.CreateAsync(Slice("web", "web-1", "", 8080, Pod("10.1.0.1")), Cancellation);
        var backend = new RecordingBackend();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var proxy = new ServiceProxy(api, new Dictionary<IPFamily, IProxyBackend> { [IPFamily.IPv4] = backend }, new ProxyOptions { NodeName = "here" }, NullLogger.Instance);
        var run = proxy.RunAsync(stop.Token);
        await refused.WaitAsync(Cancellation);
        await refused.WaitAsync(Cancellation);
        Assert.Equal(0, backend.Calls.Reader.Count);
        Volatile.Write(ref refuses, false);
        Assert.Single((await backend.Calls.Reader.ReadAsync(Cancellation)).Ports.Values.Single().Endpoints);
        await stop.CancelAsync();
        await run;
    }

    private sealed class FlowObserver : IProxyObserver
    {
        public TaskCompletionSource<int> Reconciled { get; } = new();

        public void FlowsReconciled(IPFamily family, int ended, TimeSpan duration) => Reconciled.TrySetResult(ended);

        public void Queued(int services, int endpointSlices)
        {
        }

        public void Applied(AppliedState applied)
        {
        }

        public void Failed(IPFamily family, Exception exception)
        {
        }

        public void Problem(ServiceProblem problem)
        {
        }

        public void NodeChanged(Viaduct.Kube.Objects.Node? node)
        {
        }
    }

    private sealed class RecordingBackend : IProxyBackend
    {
        public bool UsesConntrack { get; init; } = true;

        public int Failures { get; set; }

        public Channel<ProxyState> Calls { get; } = Channel.CreateUnbounded<ProxyState>();

        public Task<ProxyReport> ApplyAsync(ProxyChange change, ProxyState desired, CancellationToken cancellation)
        {
            if (Failures > 0)
            {
                Failures--;
                throw new InvalidOperationException("not now");
            }

            Calls.Writer.TryWrite(desired);
            return Task.FromResult(new ProxyReport(change.Frontends.Count, 1));
        }

        public Channel<bool> Edits { get; } = Channel.CreateUnbounded<bool>();

        public Task WaitForForeignEditAsync(CancellationToken cancellation) => Edits.Reader.ReadAsync(cancellation).AsTask();

        public void Dispose()
        {
        }

        public async Task UntilAsync(Func<ProxyState, bool> reached)
        {
            while (!reached(await Calls.Reader.ReadAsync(Cancellation)))
            {
            }
        }
    }
}
