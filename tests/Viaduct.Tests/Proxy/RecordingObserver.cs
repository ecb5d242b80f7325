using System.Collections.Concurrent;
using System.Threading.Channels;
using Viaduct.Proxy;
using Viaduct.Proxy.Model;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Proxy;

/// <summary>Keeps what a proxy tells, for tests to wait for.</summary>
internal sealed class RecordingObserver : IProxyObserver
{
    private readonly Channel<bool> news = Channel.CreateUnbounded<bool>();
    private int services;
    private int slices;

    public int Services => Volatile.Read(ref services);

    public int Slices => Volatile.Read(ref slices);

    public ConcurrentQueue<AppliedState> States { get; } = [];

    public ConcurrentQueue<string> Failures { get; } = [];

    public ConcurrentQueue<string> Problems { get; } = [];

    /// <summary>The zone of each state of the node; "gone" without one.</summary>
    public ConcurrentQueue<string> Nodes { get; } = [];

    void IProxyObserver.Queued(int services, int endpointSlices)
    {
        Interlocked.Add(ref this.services, services);
        Interlocked.Add(ref slices, endpointSlices);
        news.Writer.TryWrite(true);
    }

    void IProxyObserver.Applied(AppliedState applied) => Add(States, applied);

    void IProxyObserver.Failed(IPFamily family, Exception exception) => Add(Failures, $"{family}: {exception.Message}");

    void IProxyObserver.Problem(ServiceProblem problem) => Add(Problems, problem.Message);

    void IProxyObserver.NodeChanged(KubeNode? node) => Add(Nodes, node is null ? "gone" : node.Metadata.Labels?.GetValueOrDefault("topology.kubernetes.io/zone") ?? "");

    public async Task UntilAsync(Func<bool> reached)
    {
        while (!reached())
            await news.Reader.ReadAsync(TestContext.Current.CancellationToken);
    }

    private void Add<T>(ConcurrentQueue<T> queue, T item)
    {
        queue.Enqueue(item);
        news.Writer.TryWrite(true);
    }
}
