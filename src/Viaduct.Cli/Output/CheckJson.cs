using System.Text.Json;
using System.Text.Json.Serialization;
using Viaduct.Cluster.Checks;

namespace Viaduct.Cli.Output;

/// <summary>The check's results for machines.</summary>
internal static class CheckJson
{
    public static string Write(CheckReport report) => JsonSerializer.Serialize(
        new CheckDocument(report.Results.Count, report.Misses, [.. report.Results.Select(Describe)]),
        OutputJson.Default.CheckDocument);

    private static CheckEntry Describe(CheckResult result) => new(
        result.Source.Kind.ToString().ToLowerInvariant(),
        result.Source.Name,
        result.Target.Service,
        result.Target.Via,
        result.Target.Protocol,
        result.Target.Address,
        result.Target.Port,
        result.Verdict,
        result.Detail,
        result.Milliseconds);
}

internal sealed record CheckDocument(int Probes, int Misses, IReadOnlyList<CheckEntry> Results);

internal sealed record CheckEntry(
    string SourceKind, string Source, string Service, string Via, string Protocol, string Address, int Port, CheckVerdict Verdict, string Detail, double Milliseconds);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CheckDocument))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(PlanOutput))]
[JsonSerializable(typeof(Dictionary<string, string?>))]
internal sealed partial class OutputJson : JsonSerializerContext;
