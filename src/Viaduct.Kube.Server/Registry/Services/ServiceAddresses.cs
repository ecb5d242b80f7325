using System.Net;
using System.Text.Json.Nodes;
using Viaduct.Addressing;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry.Services;

/// <summary>Takes and gives back the cluster addresses of Services, one of each of its families.</summary>
internal sealed class ServiceAddresses(ServiceRanges ranges)
{
    private readonly Claims<IPAddress> _claims = new();

    public void Allocate(JsonObject spec, JsonObject? old, StoreTransaction transaction, FieldErrors errors)
    {
        if (!ServiceDefaults.HasClusterAddress(spec) || ServiceDefaults.IsHeadless(spec))
            return;
        var held = old is null ? [] : Of(old).ToHashSet();
        var given = spec.Texts("clusterIPs").ToList();
        foreach (var (i, family) in spec.Texts("ipFamilies").Index())
        {
            if (i >= given.Count)
                given.Add(Take(family, transaction).ToString());
            else if (IPAddress.TryParse(given[i], out var asked) && !held.Contains(asked))
                Take(asked, spec, transaction, errors);
        }
        spec["clusterIP"] = given[0];
        spec["clusterIPs"] = new JsonArray([.. given.Select(g => JsonValue.Create(g))]);
    }

    public void ReleaseUnused(JsonObject spec, JsonObject old, StoreTransaction transaction)
    {
        foreach (var address in Of(old).Except(Of(spec)))
            GiveBack(address, transaction);
    }

    public void Release(JsonObject spec, StoreTransaction transaction)
    {
        foreach (var address in Of(spec))
            GiveBack(address, transaction);
    }

    /// <summary>Counts what a Service of the database holds; answers what is wrong with it, by reason.</summary>
    public IEnumerable<(string Reason, string Message)> Restore(JsonObject spec)
    {
        foreach (var address in Of(spec))
        {
            switch (ranges.Of(address)?.Reserve(address) ?? Reservation.OutOfRange)
            {
                case Reservation.Taken:
                    _claims.Add(address);
                    yield return ("ClusterIPAlreadyAllocated", $"Cluster IP {address} was assigned to multiple services; please recreate service");
                    break;
                case Reservation.OutOfRange:
                    yield return ("ClusterIPOutOfRange", $"Cluster IP {address} is not within the service CIDR {ranges.Cidrs}; please recreate service");
                    break;
            }
        }
    }

    private IPAddress Take(string family, StoreTransaction transaction)
    {
        var range = ranges.Of(family)!;
        var free = range.Allocate() ?? throw StatusErrors.Internal($"failed to allocate a cluster IP: all addresses of {range.ServiceCidr} are taken");
        transaction.OnRollback(() => range.Release(free));
        return free;
    }

    private void Take(IPAddress asked, JsonObject spec, StoreTransaction transaction, FieldErrors errors)
    {
        if (ranges.Of(asked) is not { } range)
            return;
        switch (range.Reserve(asked))
        {
            case Reservation.Reserved:
                transaction.OnRollback(() => range.Release(asked));
                break;
            case Reservation.Taken:
                errors.Invalid("spec.clusterIPs", spec["clusterIPs"], $"failed to allocate IP {asked}: provided IP is already allocated");
                break;
            default:
                errors.Invalid("spec.clusterIPs", spec["clusterIPs"],
                    $"failed to allocate IP {asked}: the provided IP ({asked}) is not in the valid range. The range of valid IPs is {range.ServiceCidr}");
                break;
        }
    }

    private void GiveBack(IPAddress address, StoreTransaction transaction)
    {
        if (_claims.Remove(address))
            transaction.OnRollback(() => _claims.Add(address));
        else if (ranges.Of(address) is { } range && range.Release(address))
            transaction.OnRollback(() => range.Reserve(address));
    }

    private static IEnumerable<IPAddress> Of(JsonObject spec) =>
        spec.Texts("clusterIPs").Append(spec.Text("clusterIP") ?? "").Select(t => IPAddress.TryParse(t, out var address) ? address : null).OfType<IPAddress>().Distinct();
}
