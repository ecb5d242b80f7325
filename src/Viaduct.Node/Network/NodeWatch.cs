using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Node.Network;

/// <summary>A copy of all Nodes, and a signal when it changes.</summary>
public sealed class NodeWatch
{
    private readonly Informer<KubeNode> _informer;
    private TaskCompletionSource _changed = NewSignal();

    public NodeWatch(IKubeApi api, ILogger log)
    {
        _informer = new Informer<KubeNode>(api, ListQuery.All, log);
        _informer.OnChange(_ => Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult());
    }

    /// <summary>Calls <paramref name="handler"/> with the name of each node that changes, beginning with the first list; before <see cref="RunAsync"/>. It must not block.</summary>
    public void OnChange(Action<string> handler) => _informer.OnChange(change => handler(change.Value.Metadata.Name ?? ""));

    /// <summary>Completes at the next change. Take it before reading <see cref="Nodes"/>, so that nothing is missed.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>Completes when the first list has arrived.</summary>
    public Task Synced => _informer.Synced;

    public IReadOnlyCollection<KubeNode> Nodes => [.. _informer.Items.Values];

    public KubeNode? Find(string name) => _informer.Find(null, name);

    public Task RunAsync(CancellationToken cancellation) => _informer.RunAsync(cancellation);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
