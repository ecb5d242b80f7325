using System.Net;
using System.Text.Json.Nodes;
using Viaduct.Addressing;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>
/// Takes and gives back cluster addresses and node ports together with the write of the Service: what a failed write had taken is
/// given back, and what an update no longer holds is given back with it.
/// </summary>
internal sealed class ServiceAllocation(ServiceRanges ranges)
{
    public void Allocate(JsonObject spec, JsonObject? old, StoreTransaction transaction, FieldErrors errors)
    {
        AllocateAddress(spec, old, transaction, errors);
        AllocatePorts(spec, old, transaction, errors);
        if (old is not null && errors.Causes.Count == 0)
            ReleaseUnused(spec, old, transaction);
    }

    public void Release(JsonObject spec, StoreTransaction transaction)
    {
        foreach (var address in Addresses(spec))
            GiveBack(address, transaction);
        foreach (var port in NodePorts(spec))
            GiveBack(port, transaction);
    }

    /// <summary>Counts what a Service of the database holds.</summary>
    public void Restore(JsonObject spec)
    {
        foreach (var address in Addresses(spec))
            ranges.Addresses.Reserve(address);
        foreach (var port in NodePorts(spec))
            ranges.Ports.Reserve((int)port);
    }

    private void AllocateAddress(JsonObject spec, JsonObject? old, StoreTransaction transaction, FieldErrors errors)
    {
        if (!ServiceDefaults.HasClusterAddress(spec) || ServiceDefaults.IsHeadless(spec))
            return;
        if (spec.Text("clusterIP") is not { Length: > 0 } text)
        {
            var free = ranges.Addresses.Allocate() ?? throw StatusErrors.Internal($"failed to allocate a cluster IP: all addresses of {ranges.Addresses.ServiceCidr} are taken");
            transaction.OnRollback(() => ranges.Addresses.Release(free));
            spec["clusterIP"] = free.ToString();
            spec["clusterIPs"] = new JsonArray(free.ToString());
            return;
        }
        if (!IPAddress.TryParse(text, out var asked) || (old is not null && Addresses(old).Contains(asked)))
            return;
        switch (ranges.Addresses.Reserve(asked))
        {
            case Reservation.Reserved:
                transaction.OnRollback(() => ranges.Addresses.Release(asked));
                break;
            case Reservation.Taken:
                Refuse(spec, $"failed to allocate IP {asked}: provided IP is already allocated", errors);
                break;
            default:
                Refuse(spec, $"failed to allocate IP {asked}: the provided IP ({asked}) is not in the valid range. The range of valid IPs is {ranges.Addresses.ServiceCidr}", errors);
                break;
        }
    }

    private void AllocatePorts(JsonObject spec, JsonObject? old, StoreTransaction transaction, FieldErrors errors)
    {
        if (!ServiceDefaults.HasNodePorts(spec) || spec["allocateLoadBalancerNodePorts"]?.GetValueKind() == System.Text.Json.JsonValueKind.False)
            return;
        var held = old is null ? [] : NodePorts(old).ToHashSet();
        var ports = spec.Items("ports").ToList();
        for (var i = 0; i < ports.Count; i++)
        {
            // The same port over TCP and UDP shares one node port.
            var number = ports[i].Number("nodePort") is { } asked and not 0 ? asked
                : ports.Where(p => p.Number("port") == ports[i].Number("port")).Select(p => p.Number("nodePort") ?? 0).FirstOrDefault(p => p != 0);
            if (number == 0)
                number = TakePort(transaction);
            else if (!held.Contains(number))
                TakePort($"spec.ports[{i}].nodePort", number, transaction, errors);
            held.Add(number);
            ports[i]["nodePort"] = number;
        }
    }

    private long TakePort(StoreTransaction transaction)
    {
        var free = ranges.Ports.Allocate() ?? throw StatusErrors.Internal($"failed to allocate a nodePort: all ports of {ranges.Ports.Range} are taken");
        transaction.OnRollback(() => ranges.Ports.Release(free));
        return free;
    }

    private void TakePort(string field, long port, StoreTransaction transaction, FieldErrors errors)
    {
        switch (ranges.Ports.Reserve((int)port))
        {
            case Reservation.Reserved:
                transaction.OnRollback(() => ranges.Ports.Release((int)port));
                break;
            case Reservation.Taken:
                errors.Invalid(field, port, "provided port is already allocated");
                break;
            default:
                errors.Invalid(field, port, $"provided port is not in the valid range. The range of valid ports is {ranges.Ports.Range}");
                break;
        }
    }

    private void ReleaseUnused(JsonObject spec, JsonObject old, StoreTransaction transaction)
    {
        foreach (var address in Addresses(old).Except(Addresses(spec)))
            GiveBack(address, transaction);
        foreach (var port in NodePorts(old).Except(NodePorts(spec)))
            GiveBack(port, transaction);
    }

    private void GiveBack(IPAddress address, StoreTransaction transaction)
    {
        ranges.Addresses.Release(address);
        transaction.OnRollback(() => ranges.Addresses.Reserve(address));
    }

    private void GiveBack(long port, StoreTransaction transaction)
    {
        ranges.Ports.Release((int)port);
        transaction.OnRollback(() => ranges.Ports.Reserve((int)port));
    }

    private static void Refuse(JsonObject spec, string detail, FieldErrors errors) =>
        errors.Invalid("spec.clusterIPs", spec["clusterIPs"], detail);

    private static IEnumerable<IPAddress> Addresses(JsonObject spec) =>
        IPAddress.TryParse(spec.Text("clusterIP"), out var address) ? [address] : [];

    private static IEnumerable<long> NodePorts(JsonObject spec) =>
        spec.Items("ports").Select(p => p.Number("nodePort") ?? 0).Where(p => p != 0).Distinct();
}
