using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Addressing;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>Takes and gives back the node ports of Services.</summary>
internal sealed class ServiceNodePorts(ServiceRanges ranges)
{
    private readonly Claims<int> _claims = new();

    public void Allocate(JsonObject spec, JsonObject? old, StoreTransaction transaction, FieldErrors errors)
    {
        if (!ServiceDefaults.HasNodePorts(spec) || spec["allocateLoadBalancerNodePorts"]?.GetValueKind() == JsonValueKind.False)
            return;
        var held = old is null ? [] : Of(old).ToHashSet();
        var ports = spec.Items("ports").ToList();
        for (var i = 0; i < ports.Count; i++)
        {
            // The same port over TCP and UDP shares one node port.
            var number = ports[i].Number("nodePort") is { } asked and not 0 ? asked
                : ports.Where(p => p.Number("port") == ports[i].Number("port")).Select(p => p.Number("nodePort") ?? 0).FirstOrDefault(p => p != 0);
            if (number == 0)
                number = Take(transaction);
            else if (!held.Contains((int)number))
                Take($"spec.ports[{i}].nodePort", (int)number, transaction, errors);
            held.Add((int)number);
            ports[i]["nodePort"] = number;
        }
    }

    public void ReleaseUnused(JsonObject spec, JsonObject old, StoreTransaction transaction)
    {
        foreach (var port in Of(old).Except(Of(spec)))
            GiveBack(port, transaction);
    }

    public void Release(JsonObject spec, StoreTransaction transaction)
    {
        foreach (var port in Of(spec))
            GiveBack(port, transaction);
    }

    /// <summary>Counts what a Service of the database holds; answers what is wrong with it, by reason.</summary>
    public IEnumerable<(string Reason, string Message)> Restore(JsonObject spec)
    {
        foreach (var port in Of(spec))
        {
            switch (ranges.Ports.Reserve(port))
            {
                case Reservation.Taken:
                    _claims.Add(port);
                    yield return ("PortAlreadyAllocated", $"Port {port} was assigned to multiple services; please recreate service");
                    break;
                case Reservation.OutOfRange:
                    yield return ("PortOutOfRange", $"Port {port} is not within the port range {ranges.Ports.Range}; please recreate service");
                    break;
            }
        }
    }

    private int Take(StoreTransaction transaction)
    {
        var free = ranges.Ports.Allocate() ?? throw StatusErrors.Internal($"failed to allocate a nodePort: all ports of {ranges.Ports.Range} are taken");
        transaction.OnRollback(() => ranges.Ports.Release(free));
        return free;
    }

    private void Take(string field, int port, StoreTransaction transaction, FieldErrors errors)
    {
        switch (ranges.Ports.Reserve(port))
        {
            case Reservation.Reserved:
                transaction.OnRollback(() => ranges.Ports.Release(port));
                break;
            case Reservation.Taken:
                errors.Invalid(field, port, "provided port is already allocated");
                break;
            default:
                errors.Invalid(field, port, $"provided port is not in the valid range. The range of valid ports is {ranges.Ports.Range}");
                break;
        }
    }

    private void GiveBack(int port, StoreTransaction transaction)
    {
        if (_claims.Remove(port))
            transaction.OnRollback(() => _claims.Add(port));
        else if (ranges.Ports.Release(port))
            transaction.OnRollback(() => ranges.Ports.Reserve(port));
    }

    private static IEnumerable<int> Of(JsonObject spec) => spec.Items("ports").Select(p => (int)(p.Number("nodePort") ?? 0)).Where(p => p != 0).Distinct();
}
