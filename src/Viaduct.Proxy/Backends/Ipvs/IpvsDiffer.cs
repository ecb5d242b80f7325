using System.Runtime.InteropServices;
using Viaduct.Linux.Ipvs;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>Brings what is installed to what is planned, and writes down what the kernel must be told for that. Pure.</summary>
internal sealed class IpvsDiffer(InstalledIpvs installed, IpvsSettings settings, IpvsEdit edit)
{
    /// <summary>
    /// Replaces the plans of frontends. All that is needed comes before anything goes: an entry or virtual service that moves from one frontend to another stays.
    /// </summary>
    public void Apply(IReadOnlyCollection<(Frontend Frontend, FrontendPlan Plan)> plans)
    {
        foreach (var (frontend, plan) in plans)
            Enter(frontend, plan);
        foreach (var (frontend, plan) in plans)
            Replace(frontend, plan);
    }

    /// <summary>Sets the ranges of cluster IPs.</summary>
    public void ApplyServiceCidrs(IEnumerable<System.Net.IPNetwork> before, IEnumerable<System.Net.IPNetwork> now)
    {
        foreach (var network in now)
            Acquire(SetElement.ServiceCidr(network), 0);
        foreach (var network in before)
            Release(SetElement.ServiceCidr(network));
    }

    /// <summary>Deletes what was found and nobody needs.</summary>
    public void RemoveUnused()
    {
        foreach (var (element, (uses, _)) in installed.Elements.Where(e => e.Value.Uses == 0).ToList())
            Forget(element);
        foreach (var (address, _) in installed.Addresses.Where(a => a.Value == 0).ToList())
            ForgetAddress(address);
        foreach (var (key, _) in installed.Services.Where(s => s.Value is { Owner: null, IsForeign: false }).ToList())
            Remove(key);
        installed.Marks.ReleaseUnused();
    }

    /// <summary>Deletes an endpoint that left and has no connections any more.</summary>
    public void DeleteLeft(VirtualKey key, EndpointAddress endpoint)
    {
        var service = installed.Services[key];
        service.Leaving!.Remove(endpoint);
        if (service.Leaving.Count == 0)
            (service.Leaving, _) = (null, installed.WithLeaving.Remove(key));
        edit.Deletions.DeleteDestination(key.ToServiceKey(edit.Family), Destination(endpoint, 0));
    }

    private void Enter(Frontend frontend, FrontendPlan plan)
    {
        foreach (var (element, mark) in plan.Elements)
            Acquire(element, mark);
        if (!plan.Address.IsNone)
            AcquireAddress(plan.Address);
        foreach (var service in plan.Services)
            Install(frontend, service);
    }

    private void Replace(Frontend frontend, FrontendPlan plan)
    {
        if (installed.Plans.TryGetValue(frontend, out var before))
            Leave(frontend, before, plan);
        if (ReferenceEquals(plan, FrontendPlan.Empty))
            installed.Plans.Remove(frontend);
        else
            installed.Plans[frontend] = plan;
    }

    private void Leave(Frontend frontend, FrontendPlan before, FrontendPlan plan)
    {
        foreach (var (element, _) in before.Elements)
            Release(element);
        if (!before.Address.IsNone)
            ReleaseAddress(before.Address);
        foreach (var old in before.Services)
        {
            if (installed.Services.TryGetValue(old.Key, out var service) && service.Owner == frontend && !plan.Services.Any(s => s.Key == old.Key))
                Remove(old.Key);
        }
    }

    private void Acquire(SetElement element, uint mark)
    {
        ref var use = ref CollectionsMarshal.GetValueRefOrAddDefault(installed.Elements, element, out var exists);
        if (!exists || use.Mark != mark)
            edit.Add(element, mark);
        use = (use.Uses + 1, mark);
    }

    private void Release(SetElement element)
    {
        ref var use = ref CollectionsMarshal.GetValueRefOrNullRef(installed.Elements, element);
        if (--use.Uses == 0)
            Forget(element);
    }

    private void Forget(SetElement element)
    {
        installed.Elements.Remove(element);
        edit.Delete(element);
    }

    private void AcquireAddress(PackedAddress address)
    {
        ref var uses = ref CollectionsMarshal.GetValueRefOrAddDefault(installed.Addresses, address, out var exists);
        uses++;
        if (!exists)
            edit.AddedAddresses.Add(address);
    }

    private void ReleaseAddress(PackedAddress address)
    {
        if (--CollectionsMarshal.GetValueRefOrNullRef(installed.Addresses, address) == 0)
            ForgetAddress(address);
    }

    private void ForgetAddress(PackedAddress address)
    {
        installed.Addresses.Remove(address);
        edit.DeletedAddresses.Add(address);
    }

    private void Install(Frontend owner, PlannedService planned)
    {
        var key = planned.Key.ToServiceKey(edit.Family);
        if (!installed.Services.TryGetValue(planned.Key, out var service))
        {
            installed.Services[planned.Key] = service = new();
            edit.Additions.AddService(Spec(key, planned));
        }
        else if (!service.IsAsConfigured || service.AffinitySeconds != planned.AffinitySeconds)
        {
            edit.Additions.SetService(Spec(key, planned));
        }

        (service.Owner, service.IsAsConfigured) = (owner, true);
        (service.Protocol, service.AffinitySeconds) = (planned.Protocol, planned.AffinitySeconds);
        Lead(planned, key, service);
    }

    // Both lists are sorted.
    private void Lead(PlannedService planned, VirtualServiceKey key, InstalledService service)
    {
        var (before, now) = (service.Endpoints, planned.Endpoints);
        var (i, j) = (0, 0);
        while (i < before.Count || j < now.Length)
        {
            var order = i == before.Count ? 1 : j == now.Length ? -1 : before[i].CompareTo(now[j].Target);
            if (order > 0)
                AddEndpoint(planned.Key, key, service, now[j++].Target);
            else if (order < 0)
                RemoveEndpoint(planned.Key, key, service, before[i++]);
            else
                (i, j) = (i + 1, j + 1);
        }

        service.Endpoints = new PlannedEndpoints(now);
    }

    private void AddEndpoint(VirtualKey packed, VirtualServiceKey key, InstalledService service, EndpointAddress endpoint)
    {
        if (service.Leaving is { } leaving && leaving.Remove(endpoint))
        {
            edit.Additions.SetDestination(key, Destination(endpoint, 1));
            if (leaving.Count == 0)
                (service.Leaving, _) = (null, installed.WithLeaving.Remove(packed));
        }
        else
        {
            edit.Additions.AddDestination(key, Destination(endpoint, 1));
        }
    }

    // TCP connections may end in their own time. Whoever sends UDP would never come to another endpoint, and SCTP has a restart of its own.
    private void RemoveEndpoint(VirtualKey packed, VirtualServiceKey key, InstalledService service, EndpointAddress endpoint)
    {
        if (service.Protocol != TransportProtocol.Tcp)
        {
            edit.Deletions.DeleteDestination(key, Destination(endpoint, 0));
            return;
        }

        edit.Additions.SetDestination(key, Destination(endpoint, 0));
        (service.Leaving ??= []).Add(endpoint);
        installed.WithLeaving.Add(packed);
        installed.WithNewlyLeaving = true;
    }

    private void Remove(VirtualKey key)
    {
        installed.Services.Remove(key);
        installed.WithLeaving.Remove(key);
        edit.Deletions.DeleteService(key.ToServiceKey(edit.Family));
    }

    private VirtualServiceSpec Spec(VirtualServiceKey key, PlannedService planned) => SpecOf(key, planned.AffinitySeconds, settings);

    internal static VirtualServiceSpec SpecOf(VirtualServiceKey key, int affinitySeconds, IpvsSettings settings) => new()
    {
        Key = key,
        Scheduler = settings.Scheduler,
        PersistenceSeconds = affinitySeconds == 0 ? null : (uint)affinitySeconds,
        // kube-proxy's flag for mh: connections of one client are spread, too.
        Flags = settings.Scheduler == "mh" ? VirtualServiceFlags.SourceHashPort : VirtualServiceFlags.None,
    };

    private static DestinationSpec Destination(EndpointAddress endpoint, int weight) =>
        new() { Address = endpoint.Address.ToIPAddress(), Port = endpoint.Port, Weight = weight };
}
