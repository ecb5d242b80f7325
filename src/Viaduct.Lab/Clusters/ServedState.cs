using Viaduct.Proxy;
using Viaduct.Proxy.Model;

namespace Viaduct.Lab.Clusters;

/// <summary>What a node's kernel serves, for whoever waits for something in it.</summary>
internal sealed class ServedState : IProxyObserver
{
    private readonly Lock gate = new();
    private TaskCompletionSource next = NewSource();
    private ProxyState state = ProxyState.Empty;

    /// <summary>Waits until the kernel serves exactly these endpoints, ADDRESS:PORT, of a Service.</summary>
    public async Task WaitForAsync(string service, IReadOnlyCollection<string> endpoints, CancellationToken cancellation)
    {
        while (true)
        {
            Task change;
            lock (gate)
            {
                if (Endpoints(service).ToHashSet().SetEquals(endpoints))
                    return;
                change = next.Task;
            }

            await change.WaitAsync(cancellation);
        }
    }

    public void Applied(AppliedState applied)
    {
        lock (gate)
        {
            state = applied.State;
            next.SetResult();
            next = NewSource();
        }
    }

    public void Queued(int services, int endpointSlices)
    {
    }

    public void Failed(IPFamily family, Exception exception)
    {
    }

    public void Problem(ServiceProblem problem)
    {
    }

    public void NodeChanged(Kube.Objects.Node? node)
    {
    }

    private IEnumerable<string> Endpoints(string service) => state.Ports.Values.Where(p => p.Name.Service.Name == service).SelectMany(p => p.Endpoints).Select(e => e.Target.ToString());

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
