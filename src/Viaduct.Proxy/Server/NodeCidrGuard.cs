using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Proxy.Server;

/// <summary>Ends the proxy when the node's pod networks change under rules that were made for others (detectLocalMode NodeCIDR).</summary>
internal sealed class NodeCidrGuard(IReadOnlyList<string>? podCidrs)
{
    private readonly TaskCompletionSource<string> changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void NodeChanged(KubeNode? node)
    {
        if (podCidrs is not null && node?.Spec?.PodCIDRs is { Count: > 0 } now && !now.SequenceEqual(podCidrs))
            changed.TrySetResult($"The node's podCIDRs changed from {string.Join(",", podCidrs)} to {string.Join(",", now)}: the proxy ends, to be started again with the new ones.");
    }

    public async Task RunAsync(CancellationToken cancellation) => throw new ProxyEndException(await changed.Task.WaitAsync(cancellation));
}
