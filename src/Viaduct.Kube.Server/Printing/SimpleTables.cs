using System.Globalization;
using System.Text.Json;

namespace Viaduct.Kube.Server.Printing;

/// <summary>Kinds with few columns.</summary>
internal static class SimpleTables
{
    public static TableDefinition Namespace { get; } = new(
        TableDefinition.Name,
        TableDefinition.Text("Status", n => n.TextAt("status", "phase") ?? ""),
        TableDefinition.Age);

    public static TableDefinition ConfigMap { get; } = new(
        TableDefinition.Name,
        TableDefinition.Number("Data", c => c.EntriesAt("data").Count() + c.EntriesAt("binaryData").Count()),
        TableDefinition.Age);

    public static TableDefinition Secret { get; } = new(
        TableDefinition.Name,
        TableDefinition.Text("Type", s => s.TextAt("type") ?? ""),
        TableDefinition.Number("Data", s => s.EntriesAt("data").Count()),
        TableDefinition.Age);

    public static TableDefinition ServiceAccount { get; } = new(
        TableDefinition.Name,
        TableDefinition.Number("Secrets", s => s.ItemsAt("secrets").Count()),
        TableDefinition.Age);

    public static TableDefinition ServiceCidr { get; } = new(
        TableDefinition.Name,
        TableDefinition.Text("CIDRs", s => string.Join(',', s.ItemsAt("spec", "cidrs").Select(c => c.GetString()))),
        TableDefinition.Age);

    public static TableDefinition Lease { get; } = new(
        TableDefinition.Name,
        TableDefinition.Text("Holder", l => l.TextAt("spec", "holderIdentity") ?? ""),
        TableDefinition.Age);

    public static TableDefinition Event { get; } = new(
        new TableColumn("Last Seen", "string", LastSeen),
        TableDefinition.Text("Type", e => e.TextAt("type") ?? ""),
        TableDefinition.Text("Reason", e => e.TextAt("reason") ?? ""),
        TableDefinition.Text("Object", e => $"{e.TextAt("involvedObject", "kind")?.ToLowerInvariant()}/{e.TextAt("involvedObject", "name")}"),
        TableDefinition.Text("Subobject", e => e.TextAt("involvedObject", "fieldPath") ?? "", 1),
        TableDefinition.Text("Source", Source, 1),
        TableDefinition.Text("Message", e => (e.TextAt("message") ?? "").Trim()),
        new TableColumn("First Seen", "string", (e, now) => Ages.Since(e.TextAt("firstTimestamp") ?? e.TextAt("eventTime"), now), 1),
        TableDefinition.Text("Count", e => Math.Max(1, e.NumberAt("count")).ToString(CultureInfo.InvariantCulture), 1),
        TableDefinition.Name with { Priority = 1 });

    private static string LastSeen(JsonElement ev, DateTimeOffset now) => Ages.Since(
        ev.TextAt("series", "lastObservedTime") ?? ev.TextAt("lastTimestamp") ?? ev.TextAt("eventTime") ?? ev.TextAt("metadata", "creationTimestamp"), now);

    private static string Source(JsonElement ev)
    {
        var component = ev.TextAt("source", "component") is { Length: > 0 } source ? source : ev.TextAt("reportingComponent") ?? "";
        return ev.TextAt("source", "host") is { Length: > 0 } host ? $"{component}, {host}" : component;
    }
}
