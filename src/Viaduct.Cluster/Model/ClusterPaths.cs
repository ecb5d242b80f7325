using System.Text.RegularExpressions;

namespace Viaduct.Cluster.Model;

/// <summary>Where the files of one cluster lie: system directories as root, the XDG base directories otherwise.</summary>
public sealed partial record ClusterPaths
{
    private ClusterPaths(string name, string runRoot, string stateRoot)
    {
        Name = name;
        RunDirectory = Path.Combine(runRoot, name);
        StateDirectory = Path.Combine(stateRoot, name);
    }

    public string Name { get; }

    /// <summary>Sockets, the lock and the mount points of network namespaces; gone after a reboot.</summary>
    public string RunDirectory { get; }

    /// <summary>The API's database, certificates, kubeconfig and logs.</summary>
    public string StateDirectory { get; }

    public string Lock => Path.Combine(RunDirectory, "lock");

    /// <summary>Held by the one <c>up</c> that prepares the directories, until its supervisor holds <see cref="Lock"/>; outside of them, as they are removed first.</summary>
    public string StartLock => Path.Combine(Path.GetDirectoryName(RunDirectory)!, $".{Name}.starting");

    /// <summary>Held by all processes of the cluster together: the supervisor's log, which unshare(1) and the supervisor have open.</summary>
    public string ProcessesLock => Log("supervisor");

    public string SupervisorSocket => Path.Combine(RunDirectory, "supervisor.sock");

    public string NamespaceDirectory => Path.Combine(RunDirectory, "netns");

    public string Spec => Path.Combine(StateDirectory, "cluster.json");

    /// <summary>Held by the one command that changes the proxy mode.</summary>
    public string ProxyModeLock => Path.Combine(RunDirectory, "proxy-mode.lock");

    public string Database => Path.Combine(StateDirectory, "api.db");

    public string PkiDirectory => Path.Combine(StateDirectory, "pki");

    public string Kubeconfig => Path.Combine(StateDirectory, "kubeconfig");

    public string ApiPort => Path.Combine(StateDirectory, "api-port");

    public string LogDirectory => Path.Combine(StateDirectory, "logs");

    public string NodeSocket(string node) => Path.Combine(RunDirectory, $"{node}.sock");

    public string NodeKubeconfig(string node) => Path.Combine(PkiDirectory, $"{node}.kubeconfig");

    public string NodeStateDirectory(string node) => Path.Combine(StateDirectory, "nodes", node);

    public string Namespace(string name) => Path.Combine(NamespaceDirectory, name);

    public string Log(string process) => Path.Combine(LogDirectory, $"{process}.log");

    /// <summary>Paths for the user who calls.</summary>
    /// <exception cref="ClusterException">The name is not a DNS label.</exception>
    public static ClusterPaths For(string name)
    {
        if (!NamePattern().IsMatch(name))
            throw new ClusterException($"The cluster name \"{name}\" is not usable: take at most 32 lower-case letters, digits and '-', beginning and ending with a letter or digit.");

        return new ClusterPaths(name, RunRoot(), StateRoot());
    }

    /// <summary>Names of the clusters of the user who calls, running or not, in order.</summary>
    /// <exception cref="IOException">Their directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read it.</exception>
    public static IReadOnlyList<string> Names() => !Directory.Exists(StateRoot()) ? [] :
    [
        .. Directory.EnumerateDirectories(StateRoot()).Select(d => Path.GetFileName(d))
            .Where(n => NamePattern().IsMatch(n) && File.Exists(For(n).Spec)).Order(StringComparer.Ordinal),
    ];

    /// <summary>Paths under given directories: the processes of a cluster are told where theirs are.</summary>
    public static ClusterPaths At(string runDirectory, string stateDirectory) =>
        new(Path.GetFileName(runDirectory), Path.GetDirectoryName(runDirectory)!, Path.GetDirectoryName(stateDirectory)!);

    public void Create()
    {
        const UnixFileMode onlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        foreach (var directory in new[] { RunDirectory, NamespaceDirectory, StateDirectory, LogDirectory, PkiDirectory })
            Directory.CreateDirectory(directory, onlyOwner);
    }

    /// <summary>Removes all files of the cluster, which must not run any more.</summary>
    public void Remove()
    {
        foreach (var directory in new[] { RunDirectory, StateDirectory }.Where(Directory.Exists))
            Directory.Delete(directory, recursive: true);
    }

    public bool Exists => Directory.Exists(RunDirectory) || Directory.Exists(StateDirectory);

    private static string RunRoot() => Environment.IsPrivilegedProcess ? "/run/viaduct" : UserRunRoot();

    private static string StateRoot() => Environment.IsPrivilegedProcess ? "/var/lib/viaduct" : UserStateRoot();

    private static string UserRunRoot() => RuntimeDirectory.Find() is { } runtime ? Path.Combine(runtime, "viaduct") : Path.Combine(UserStateRoot(), "run");

    private static string UserStateRoot()
    {
        var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        if (string.IsNullOrEmpty(state))
            state = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return Path.Combine(state, "viaduct");
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$")]
    private static partial Regex NamePattern();
}
