using System.Collections.Immutable;
using System.Net;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;

namespace Viaduct.Proxy.Model;

/// <summary>
/// Collects Services and EndpointSlices of one family as they come and turns them into the next <see cref="ProxyState"/>. It keeps
/// compact records and no API object. Only Services that were touched since the last <see cref="Commit"/> are computed anew. Not thread-safe.
/// </summary>
public sealed class ServiceTracker
{
    private readonly StringPool pool = new();
    private readonly ServiceReader serviceReader;
    private readonly SliceReader sliceReader;
    private readonly EndpointSelection selection = new();
    private readonly FrontendConflicts conflicts = new();
    private readonly TriggerTimes triggers;
    private readonly Dictionary<ServiceName, TrackedService> services = [];
    private readonly Dictionary<ObjectKey, SliceRecord> slices = [];
    private readonly HashSet<TrackedService> touched = [];
    private readonly HashSet<ServiceName> invalid = [];
    private readonly IPFamily family;
    private ProxyState state = ProxyState.Empty;
    private ImmutableArray<IPNetwork> serviceCidrs = [];
    private string? zone;
    private int serviceList;
    private int sliceList;

    /// <param name="family">The family; objects of the other are ignored.</param>
    /// <param name="nodeName">The node's name, as endpoints carry it.</param>
    /// <param name="nodeAddress">The node's primary address of the family; none when it is unknown.</param>
    /// <param name="start">Pods that changed before are not counted in how long programming took.</param>
    public ServiceTracker(IPFamily family, string nodeName, PackedAddress nodeAddress = default, DateTimeOffset start = default)
    {
        this.family = family;
        serviceReader = new ServiceReader(family, nodeAddress, pool);
        sliceReader = new SliceReader(family, nodeName, pool);
        triggers = new TriggerTimes(start);
    }

    /// <summary>For IPv4, on a node whose address does not matter.</summary>
    public ServiceTracker(string nodeName)
        : this(IPFamily.IPv4, nodeName)
    {
    }

    /// <summary>Whether <see cref="Commit"/> would compute anything.</summary>
    public bool HasChanges => touched.Count > 0 || !state.ServiceCidrs.AsSpan().SequenceEqual(serviceCidrs.AsSpan());

    /// <summary>Answers whether the Service is or was anything to this family.</summary>
    public bool Set(Service service)
    {
        var name = NameOf(service);
        var problems = new List<string>();
        var ports = serviceReader.Read(service, name, problems);
        if (ports.Length == 0 && problems.Count == 0)
            return Remove(service);
        var tracked = Track(name);
        tracked.Ports = ports;
        tracked.HealthCheckPort = ports.Length == 0 ? (ushort)0 : ServiceReader.HealthCheckPortOf(service);
        tracked.Problems = [.. problems];
        tracked.Seen = serviceList;
        touched.Add(tracked);
        return true;
    }

    public bool Remove(Service service)
    {
        if (!services.TryGetValue(NameOf(service), out var tracked) || tracked.Seen is null)
            return false;
        Forget(tracked);
        return true;
    }

    /// <summary>Answers whether the slice says anything new to this family.</summary>
    public bool Set(EndpointSlice slice)
    {
        if (sliceReader.ServiceOf(slice) is not { } name)
            return Remove(slice);
        var key = KeyOf(slice);
        var record = sliceReader.Read(slice, Track(name));
        record.Seen = sliceList;
        if (slices.TryGetValue(key, out var old))
        {
            if (old.SaysTheSameAs(record))
            {
                old.Seen = sliceList;
                return false;
            }

            Detach(old);
        }

        slices[key] = record;
        record.Service.Slices.Add(record);
        touched.Add(record.Service);
        triggers.Add(name, slice);
        return true;
    }

    public bool Remove(EndpointSlice slice)
    {
        if (!slices.Remove(KeyOf(slice), out var old))
            return false;
        Detach(old);
        triggers.Forget(old.Service.Name);
        return true;
    }

    /// <summary>A list of all Services begins: what is not set until <see cref="EndServices"/> is gone.</summary>
    public void BeginServices() => serviceList++;

    public void EndServices()
    {
        foreach (var tracked in services.Values)
        {
            if (tracked.Seen is { } seen && seen != serviceList)
                Forget(tracked);
        }
    }

    /// <summary>A list of all EndpointSlices begins: what is not set until <see cref="EndSlices"/> is gone.</summary>
    public void BeginSlices() => sliceList++;

    public void EndSlices()
    {
        foreach (var (key, record) in slices)
        {
            if (record.Seen == sliceList)
                continue;
            slices.Remove(key);
            Detach(record);
        }
    }

    /// <summary>The ranges that cluster IPs come from; those of the other family are left out. Answers whether they differ.</summary>
    public bool SetServiceCidrs(IEnumerable<IPNetwork> ranges)
    {
        serviceCidrs = [.. ranges.Where(r => r.BaseAddress.AddressFamily == family.ToAddressFamily()).Distinct().OrderBy(r => r.ToString(), StringComparer.Ordinal)];
        return HasChanges;
    }

    /// <summary>The node's <c>topology.kubernetes.io/zone</c>, null when it has none. Answers whether that touches any Service.</summary>
    public bool SetZone(string? value)
    {
        value = string.IsNullOrEmpty(value) ? null : value;
        if (zone == value)
            return false;
        zone = value;
        foreach (var tracked in services.Values)
        {
            if (tracked.HasZoneHints)
                touched.Add(tracked);
        }

        return touched.Count > 0;
    }

    /// <summary>The state with everything set so far, and what changed since the last call.</summary>
    public ProxyUpdate Commit()
    {
        var edit = new ProxyStateEdit(state);
        var problems = new List<ServiceProblem>();
        foreach (var tracked in touched)
            Recompute(tracked, edit, problems);
        touched.Clear();
        (state, var change) = edit.Finish(serviceCidrs);
        conflicts.Check(state, change, problems);
        var counts = new ProblemCounts(invalid.Count, conflicts.Services);
        if (counts != state.Problems)
            state = state with { Problems = counts };
        return new ProxyUpdate(state, change, problems) { TriggerTimes = triggers.Take() };
    }

    private void Recompute(TrackedService tracked, ProxyStateEdit edit, List<ServiceProblem> problems)
    {
        foreach (var old in tracked.Served)
        {
            if (!Array.Exists(tracked.Ports, p => p.Name == old.Name))
                edit.Remove(old.Name);
        }

        for (var i = 0; i < tracked.Ports.Length; i++)
            tracked.Ports[i] = edit.Set(selection.WithEndpoints(tracked.Ports[i], tracked.Slices, zone));
        tracked.Served = tracked.Ports;
        edit.SetHealthCheck(tracked.Name, tracked.HealthCheckPort == 0 ? null : new HealthCheckState(tracked.HealthCheckPort, tracked.CountLocalReady()));
        Tell(tracked, problems);
        if (tracked.IsEmpty)
            services.Remove(tracked.Name);
    }

    /// <summary>A problem is told when it appears, and again only after it was gone. Slices of nobody's Service trouble nobody.</summary>
    private void Tell(TrackedService tracked, List<ServiceProblem> problems)
    {
        var bySlices = tracked.Ports.Length == 0 ? [] : tracked.Slices.Where(s => s.Problem is not null).Select(s => s.Problem!);
        string[] now = [.. tracked.Problems, .. bySlices];
        foreach (var problem in now)
        {
            if (!tracked.Told.Contains(problem))
                problems.Add(new ServiceProblem(tracked.Name, problem));
        }

        tracked.Told = now;
        if (now.Length > 0)
            invalid.Add(tracked.Name);
        else
            invalid.Remove(tracked.Name);
    }

    private TrackedService Track(ServiceName name)
    {
        if (!services.TryGetValue(name, out var tracked))
            services[name] = tracked = new TrackedService(name);
        return tracked;
    }

    private void Forget(TrackedService tracked)
    {
        (tracked.Ports, tracked.HealthCheckPort, tracked.Problems, tracked.Seen) = ([], 0, [], null);
        touched.Add(tracked);
    }

    private void Detach(SliceRecord record)
    {
        record.Service.Slices.Remove(record);
        touched.Add(record.Service);
    }

    private ServiceName NameOf(Service service) => new(pool.Share(service.Metadata.Namespace), service.Metadata.Name ?? "");

    private ObjectKey KeyOf(EndpointSlice slice) => new(pool.Share(slice.Metadata.Namespace), slice.Metadata.Name ?? "");
}
