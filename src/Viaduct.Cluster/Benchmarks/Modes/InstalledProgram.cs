namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>Programs of other packages that the benchmark compares with or measures.</summary>
internal static class InstalledProgram
{
    private static readonly string[] s_directories = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];

    /// <summary>A program's path; null if it is not installed.</summary>
    public static string? Find(string name) => s_directories.Select(d => Path.Combine(d, name)).FirstOrDefault(File.Exists);

    /// <summary>Why a program cannot be used; null if it can.</summary>
    public static string? FindObstacle(string name, string package) =>
        Find(name) is null ? $"The program {name} is missing; install the package {package}." : null;
}
