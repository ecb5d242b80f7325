namespace Viaduct.Cluster.Lifecycle;

/// <summary>The log of a process of a cluster, for messages.</summary>
internal static class LogFile
{
    /// <summary>The last line that says something; null when there is none.</summary>
    public static string? LastLine(string path) => File.Exists(path) ? File.ReadLines(path).LastOrDefault(line => line.Length > 0) : null;
}
