using System.Text.Json.Nodes;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>
/// Takes and gives back cluster addresses and node ports together with the write of the Service: what a failed write had taken is
/// given back, and what an update no longer holds is given back with it. What is taken is nowhere but in the Services themselves, so that
/// a start counts it anew and nothing can leak.
/// </summary>
internal sealed class ServiceAllocation(ServiceRanges ranges)
{
    private readonly ServiceFamilies _families = new(ranges);
    private readonly ServiceAddresses _addresses = new(ranges);
    private readonly ServiceNodePorts _ports = new(ranges);

    public void Allocate(JsonObject spec, JsonObject? old, StoreTransaction transaction, FieldErrors errors)
    {
        _families.Complete(spec, old, errors);
        if (errors.Causes.Count > 0)
            return;
        _addresses.Allocate(spec, old, transaction, errors);
        _ports.Allocate(spec, old, transaction, errors);
        if (old is null || errors.Causes.Count > 0)
            return;
        _addresses.ReleaseUnused(spec, old, transaction);
        _ports.ReleaseUnused(spec, old, transaction);
    }

    public void Release(JsonObject spec, StoreTransaction transaction)
    {
        _addresses.Release(spec, transaction);
        _ports.Release(spec, transaction);
    }

    /// <summary>Counts what a Service of the database holds; answers what is wrong with it, by reason.</summary>
    public IReadOnlyList<(string Reason, string Message)> Restore(JsonObject spec) => [.. _addresses.Restore(spec), .. _ports.Restore(spec)];
}
