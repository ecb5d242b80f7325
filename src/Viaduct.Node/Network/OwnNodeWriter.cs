using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Informers;
using Viaduct.Node.Network.Routing;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Node.Network;

/// <summary>Keeps something written in this machine's own Node: writes it when it is missing, and anew when it is lost.</summary>
/// <param name="nodes">Where to see it.</param>
/// <param name="node">The Node's name.</param>
/// <param name="isThere">Whether a Node has it.</param>
/// <param name="write">Writes it; answers the Node as it then is.</param>
/// <param name="log">For people.</param>
internal sealed class OwnNodeWriter(NodeWatch nodes, string node, Func<PeerNode, bool> isThere, Func<CancellationToken, Task<KubeNode>> write, ILogger log)
{
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10));

    /// <summary>Keeps it so until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await nodes.Synced.WaitAsync(cancellation);
        while (true)
        {
            var changed = nodes.Changed;
            if (nodes.Find(node) is not { } own || isThere(own) || await TryWriteAsync(cancellation))
                await changed.WaitAsync(cancellation);
            else
                await Task.Delay(_backoff.Next(), cancellation);
        }
    }

    private async Task<bool> TryWriteAsync(CancellationToken cancellation)
    {
        try
        {
            var written = await write(cancellation);
            _backoff.Reset();
            // The copy must show it before anybody looks at the copy again.
            return isThere(PeerNode.From(written));
        }
        catch (KubeApiException e)
        {
            if (_backoff.IsFirst)
                Log.NodeStatusNotWritten(log, node, e.Message);
            return false;
        }
    }
}
