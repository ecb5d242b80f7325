namespace Viaduct.Node.Containers;

/// <summary>Finds programs on the host's file system, which is what containers run on: images are never unpacked.</summary>
internal static class Executables
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The program's path: as given when it holds a slash, else the first match in <paramref name="path"/>; null when there is none.</summary>
    public static string? Find(string command, string path, string workingDirectory)
    {
        if (command.Contains('/', StringComparison.Ordinal))
            return IsExecutable(Path.Combine(workingDirectory, command)) ? command : null;
        return command.Length == 0 ? null : path.Split(':').Where(d => d.Length > 0).Select(d => Path.Combine(d, command)).FirstOrDefault(IsExecutable);
    }

#pragma warning disable CA1416 // This program runs on Linux only.
    private static bool IsExecutable(string file) => File.Exists(file) && (File.GetUnixFileMode(file) & AnyExecute) != 0;
#pragma warning restore CA1416
}
