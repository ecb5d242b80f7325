namespace Viaduct.Tests.EndToEnd.Machine;

/// <summary>Who runs the product in a test: root, or an ordinary user with nothing but user namespaces.</summary>
public sealed class Actor
{
    // nobody of Debian: no home, no shell, no groups.
    private const string UserId = "65534";

    private Actor(bool root) => IsRoot = root;

    /// <summary>Both, for tests that must hold for each.</summary>
    public static TheoryData<string> Names => ["root", "user"];

    public static Actor Named(string name) => new(name == "root");

    public bool IsRoot { get; }

    /// <summary>A copy of the program and the samples that this actor may read, and a home of its own.</summary>
    private static readonly Lazy<string> Installation = new(Install);

    public static string SampleDirectory => Path.Combine(Installation.Value, "samples");

    public static string Program => Path.Combine(Installation.Value, "bin", "viaduct");

    private static string Home => Path.Combine(Installation.Value, "home");

    /// <summary>Skips the test when we are not root and so cannot be this actor.</summary>
    public void Require()
    {
        if (IsRoot)
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "Needs root: this test runs the product as root.");
    }

    /// <summary>The command line that runs the product, or another program, as this actor.</summary>
    public (string File, string[] Arguments) CommandLine(IEnumerable<string> arguments, string? program = null)
    {
        program ??= Program;
        return IsRoot || !Environment.IsPrivilegedProcess
            ? (program, [.. arguments])
            : ("setpriv", [$"--reuid={UserId}", $"--regid={UserId}", "--clear-groups", "--", program, .. arguments]);
    }

    public IReadOnlyDictionary<string, string> Environ => IsRoot
        ? new Dictionary<string, string>()
        : new Dictionary<string, string> { ["HOME"] = Home, ["XDG_RUNTIME_DIR"] = "", ["XDG_STATE_HOME"] = "" };

    public Task<ShellResult> RunAsync(IEnumerable<string> arguments, string? input = null, int seconds = 90)
    {
        var (file, all) = CommandLine(arguments);
        return Shell.RunAsync(file, all, input, Environ, seconds);
    }

    // The checkout may lie where only its owner can read, so the user gets a copy.
    private static string Install()
    {
        var root = RepositoryRoot();
        var target = Directory.CreateTempSubdirectory("viaduct-e2e-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(target, recursive: true);
        File.SetUnixFileMode(target, Everyone);
        Copy(Path.Combine(root, "artifacts", "viaduct"), Path.Combine(target, "bin"));
        Copy(Path.Combine(root, "samples"), Path.Combine(target, "samples"));
        Directory.CreateDirectory(Path.Combine(target, "home"));
        if (Environment.IsPrivilegedProcess)
            Shell.RunAsync("chown", [UserId, Path.Combine(target, "home")]).GetAwaiter().GetResult().Succeed();
        return target;
    }

    private static void Copy(string source, string target)
    {
        Directory.CreateDirectory(target, Everyone);
        foreach (var file in Directory.GetFiles(source).Where(f => !f.EndsWith(".dbg", StringComparison.Ordinal)))
        {
            var copy = Path.Combine(target, Path.GetFileName(file));
            File.Copy(file, copy);
            File.SetUnixFileMode(copy, File.GetUnixFileMode(file) | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
    }

    private const UnixFileMode Everyone = (UnixFileMode)0b111_101_101;

    public static string RepositoryRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Viaduct.slnx")))
                return directory.FullName;
        }

        throw new InvalidOperationException($"No Viaduct.slnx above {AppContext.BaseDirectory}.");
    }
}
