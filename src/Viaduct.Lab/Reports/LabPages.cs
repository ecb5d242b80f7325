using Viaduct.Lab.Engine;

namespace Viaduct.Lab.Reports;

/// <summary>A transcript as files: a page in each language, and beside it its plot.</summary>
public static class LabPages
{
    public static IReadOnlyList<(string Folder, Language Language)> Languages { get; } = [("en", Language.English), ("zh", Language.Chinese)];

    /// <summary>The page of what every machine shows.</summary>
    public static string Page(Transcript transcript, Language language) => MarkdownReport.Write(transcript.Everywhere, language) + "\n";

    public static void Write(Transcript transcript, string directory)
    {
        foreach (var (folder, language) in Languages)
        {
            var path = Path.Combine(directory, folder, transcript.Name);
            Directory.CreateDirectory(Path.Combine(directory, folder));
            File.WriteAllText($"{path}.md", Page(transcript, language));
            if (transcript.Plot is { } plot)
                File.WriteAllText($"{path}.svg", SvgPlot.Write(plot, language));
        }
    }
}
