using System.Text.Json;

namespace Viaduct.Kube.Server.Printing;

/// <summary>
/// One column of <c>kubectl get</c>. The cell is a string, a long or a bool; priority 0 is always shown, 1 only with <c>-o wide</c>.
/// </summary>
internal sealed record TableColumn(string Name, string Type, Func<JsonElement, DateTimeOffset, object> Cell, int Priority = 0, string Format = "", string Description = "");

/// <summary>How a kind looks in <c>kubectl get</c>; the columns are those of the real server.</summary>
internal sealed record TableDefinition(params IReadOnlyList<TableColumn> Columns)
{
    public static TableColumn Name { get; } =
        new("Name", "string", (o, _) => o.TextAt("metadata", "name") ?? "", Format: "name", Description: "Name must be unique within a namespace.");

    public static TableColumn Age { get; } =
        new("Age", "string", (o, now) => Ages.Since(o.TextAt("metadata", "creationTimestamp"), now), Description: "Time since the object was created.");

    public static TableColumn Text(string name, Func<JsonElement, string> cell, int priority = 0) =>
        new(name, "string", (o, _) => cell(o), priority);

    public static TableColumn Number(string name, Func<JsonElement, long> cell, int priority = 0) =>
        new(name, "integer", (o, _) => cell(o), priority);
}
