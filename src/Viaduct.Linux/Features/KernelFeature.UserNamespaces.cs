using Viaduct.Linux.Processes;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Linux.Features;

/// <content>User namespaces, which everything needs when it does not run as root.</content>
public sealed partial record KernelFeature
{
    private const string NameOfUserNamespaces = "user namespaces";
    private const string PurposeOfUserNamespaces = "running without root";

    // Each may forbid user namespaces to ordinary users: the value that does, and what to do.
    private static readonly (string Sysctl, string Forbids, string Advice)[] Switches =
    [
        ("user.max_user_namespaces", "0", "This machine allows no user namespaces: as root, run \"sysctl -w user.max_user_namespaces=10000\", or run this as root."),
        ("kernel.unprivileged_userns_clone", "0", "Debian's switch forbids user namespaces to ordinary users: as root, run \"sysctl -w kernel.unprivileged_userns_clone=1\", or run this as root."),
        ("kernel.apparmor_restrict_unprivileged_userns", "1", "AppArmor restricts user namespaces of ordinary users: as root, run \"sysctl -w kernel.apparmor_restrict_unprivileged_userns=0\" or give the program an AppArmor profile with \"userns,\", or run this as root."),
    ];

    /// <summary>Makes a user namespace with a network namespace in it, in a process of its own (a program with threads cannot enter one itself).</summary>
    public static KernelFeature ProbeUserNamespaces()
    {
        var (succeeded, output) = RunUnshare();
        return succeeded
            ? new KernelFeature(NameOfUserNamespaces, PurposeOfUserNamespaces, true, null)
            : new KernelFeature(NameOfUserNamespaces, PurposeOfUserNamespaces, false, ExplainUserNamespaces(Sysctl.Exists, Sysctl.Read, output));
    }

    internal static string ExplainUserNamespaces(Func<string, bool> exists, Func<string, string> read, string output)
    {
        foreach (var (sysctl, forbids, advice) in Switches)
        {
            if (exists(sysctl) && read(sysctl) == forbids)
                return advice;
        }
        return $"Creating a user namespace failed ({output.Trim()}): a container runtime or security module may forbid it; run this as root, or outside that container.";
    }

    private static (bool Succeeded, string Output) RunUnshare()
    {
        var (read, write) = Pipe.Create();
        ProcessSpec spec = new() { Path = "unshare", Arguments = ["--user", "--map-root-user", "--net", "true"], StandardError = write };
        try
        {
            using var reader = new StreamReader(new FileStream(read, FileAccess.Read));
            ChildProcess child;
            using (write)
                child = ChildProcess.Start(spec);
            var output = reader.ReadToEnd();
            return (child.Exited.GetAwaiter().GetResult().IsSuccess, output);
        }
        catch (LinuxException e)
        {
            return (false, e.Message);
        }
    }
}
