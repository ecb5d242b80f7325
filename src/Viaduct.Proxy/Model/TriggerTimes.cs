using System.Globalization;
using Viaduct.Kube.Objects;

namespace Viaduct.Proxy.Model;

/// <summary>When pods changed that the slices of the next commit tell of, as the slices' controller annotated them.</summary>
internal sealed class TriggerTimes(DateTimeOffset start)
{
    private const string Annotation = "endpoints.kubernetes.io/last-change-trigger-time";
    private readonly Dictionary<ServiceName, List<DateTimeOffset>> waiting = [];

    public void Add(ServiceName service, EndpointSlice slice)
    {
        if (slice.Metadata.Annotations?.GetValueOrDefault(Annotation) is not { } text
            || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            || time < start)
        {
            return;
        }

        if (!waiting.TryGetValue(service, out var times))
            waiting[service] = times = [];
        times.Add(time);
    }

    /// <summary>A slice that is gone has no annotation of when; what was known of its Service is no measure either.</summary>
    public void Forget(ServiceName service) => waiting.Remove(service);

    public IReadOnlyList<DateTimeOffset> Take()
    {
        if (waiting.Count == 0)
            return [];
        DateTimeOffset[] times = [.. waiting.Values.SelectMany(t => t)];
        waiting.Clear();
        return times;
    }
}
