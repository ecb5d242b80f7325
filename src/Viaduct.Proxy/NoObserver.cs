using Viaduct.Proxy.Model;

namespace Viaduct.Proxy;

/// <summary>For when nobody looks.</summary>
internal sealed class NoObserver : IProxyObserver
{
    public static NoObserver Instance { get; } = new();

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
