using Viaduct.Proxy.Model;

namespace Viaduct.Proxy;

/// <summary>Sees what the proxy does: metrics, health servers and Events hang here. Called from the proxy's own loops; must not block or throw.</summary>
public interface IProxyObserver
{
    /// <summary>Changes came that are not in the kernel yet.</summary>
    void Queued(int services, int endpointSlices);

    /// <summary>A family's state was applied.</summary>
    void Applied(AppliedState applied);

    /// <summary>Applying a family's state failed; it is tried again.</summary>
    void Failed(IPFamily family, Exception exception);

    /// <summary>UDP flows of changed Services were looked at, beside the changes; those to endpoints that are gone were ended.</summary>
    void FlowsReconciled(IPFamily family, int ended, TimeSpan duration)
    {
    }

    /// <summary>An object cannot be served as it is; told once until it changes.</summary>
    void Problem(ServiceProblem problem);

    /// <summary>This node's object changed; null when it is gone.</summary>
    void NodeChanged(Viaduct.Kube.Objects.Node? node);
}

/// <summary>What was applied.</summary>
/// <param name="Family">Of which family.</param>
/// <param name="State">The state that the kernel now serves.</param>
/// <param name="Change">What was in it.</param>
/// <param name="Report">What it took.</param>
/// <param name="Duration">How long.</param>
/// <param name="TriggerTimes">
/// The annotations <c>endpoints.kubernetes.io/last-change-trigger-time</c> of the slices in it: when pods changed.
/// </param>
public sealed record AppliedState(
    IPFamily Family, ProxyState State, ProxyChange Change, ProxyReport Report, TimeSpan Duration, IReadOnlyList<DateTimeOffset> TriggerTimes);
