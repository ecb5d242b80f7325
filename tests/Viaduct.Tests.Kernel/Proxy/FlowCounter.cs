using System.Threading.Channels;
using Viaduct.Proxy;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>Counts ended flows and tells of each application.</summary>
internal sealed class FlowCounter : IProxyObserver
{
    private readonly Channel<AppliedState> applied = Channel.CreateUnbounded<AppliedState>();
    private int ended;

    public int Ended => Volatile.Read(ref ended);

    public ValueTask<AppliedState> NextAsync(CancellationToken cancellation) => applied.Reader.ReadAsync(cancellation);

    public void Queued(int services, int endpointSlices)
    {
    }

    public void Applied(AppliedState state) => applied.Writer.TryWrite(state);

    public void Failed(IPFamily family, Exception exception) => applied.Writer.TryComplete(exception);

    public void FlowsReconciled(IPFamily family, int count, TimeSpan duration) => Interlocked.Add(ref ended, count);

    public void Problem(ServiceProblem problem)
    {
    }

    public void NodeChanged(Viaduct.Kube.Objects.Node? node)
    {
    }
}
