using Viaduct.Addressing;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Viaduct.Cluster.Plans;

/// <summary>A plan as it stands in a file.</summary>
/// <param name="Name">The file.</param>
/// <param name="Plan">What it says.</param>
/// <param name="Lines">The line of each field.</param>
public sealed record PlanDocument(string Name, ClusterPlan Plan, IReadOnlyDictionary<string, long> Lines)
{
    /// <summary>The line of a field, or of the nearest one around it that the file has; null when it has none.</summary>
    public long? LineOf(string field)
    {
        for (var path = field; path.Length > 0; path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))])
        {
            if (Lines.TryGetValue(path, out var line))
                return line;
        }
        return null;
    }
}

/// <summary>Reads plans: YAML (or JSON), strictly, so that a field with a slip in its name is not just left out.</summary>
public static class PlanFile
{
    /// <summary>Reads a file; <c>-</c> is standard input.</summary>
    /// <exception cref="PlanFileException">Names the file, the line and the field.</exception>
    public static PlanDocument Load(string path)
    {
        try
        {
            return path == "-" ? Parse(Console.In.ReadToEnd(), "standard input") : Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PlanFileException($"The plan {path} cannot be read: {e.Message}", e);
        }
    }

    /// <exception cref="PlanFileException">Names the file, the line and the field.</exception>
    public static PlanDocument Parse(string text, string file)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new PlanFileException($"{file}, line {e.Start.Line}: {e.Message}", e);
        }
        if (stream.Documents is not [var document])
            throw new PlanFileException($"{file} must hold one plan, and holds {stream.Documents.Count}.");
        var source = new PlanSource(file);
        return new PlanDocument(file, PlanFields.Read(source.Node(document.RootNode, "", 1)), source.Lines);
    }
}
