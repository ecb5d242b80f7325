using System.Runtime.InteropServices;
using Viaduct.Linux;
using Viaduct.Linux.Processes;

namespace Viaduct.Node.Containers;

/// <summary>
/// Process 1 of a container: prepares the new mount and uts namespaces, runs the command, passes signals on to it, reaps orphans
/// and ends with the command's code. When it ends, the kernel ends whatever else the container started.
/// </summary>
public static class ContainerInit
{
    /// <summary>Code for a command that cannot be run, as a shell has it.</summary>
    public const int CannotRun = 127;

    private const string Usage = "usage: container-init [--hostname NAME] [--workdir DIRECTORY] [--lifeline] -- COMMAND [ARGUMENT...]";

    /// <summary>
    /// The verb <c>container-init</c>. With <c>--lifeline</c> standard input is a pipe that the agent holds: when it closes, the agent is
    /// gone and the container ends; the command then reads /dev/null. (PR_SET_PDEATHSIG would tell of the end of the thread that started us.)
    /// </summary>
    public static int Run(IReadOnlyList<string> arguments)
    {
        if (ContainerInitOptions.Parse(arguments) is not { } options)
            return Fail(Usage);
        try
        {
            PrepareNamespaces(options.Hostname);
            ChildReaper.Start();
            using var command = ChildProcess.Start(CommandOf(options));
            var registrations = Signals.Forwarded.Select(s => Forward(s, command)).ToList();
            if (options.HasLifeline)
                WatchLifeline();
            var status = command.Exited.GetAwaiter().GetResult();
            registrations.ForEach(r => r.Dispose());
            return status.ShellCode;
        }
        catch (LinuxException e)
        {
            return Fail(e.Message);
        }
    }

    private static void PrepareNamespaces(string? hostname)
    {
        if (hostname is not null)
            Hostname.Set(hostname);
        Mounts.MakePrivate();
        Mounts.MountProc();
        try
        {
            // Shows the pod's own network devices. The kernel refuses it where parts of the present /sys are hidden (mount_too_revealing).
            Mounts.Mount("sysfs", "/sys", "sysfs", MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec);
        }
        catch (LinuxException e)
        {
            Console.Error.WriteLine($"container-init: /sys shows the host's devices: {e.Message}");
        }
    }

    private static ProcessSpec CommandOf(ContainerInitOptions options) => new()
    {
        Path = options.Command[0],
        Arguments = [.. options.Command.Skip(1)],
        WorkingDirectory = options.WorkingDirectory,
        StandardInput = options.HasLifeline ? null : Standard(0),
        StandardOutput = Standard(1),
        StandardError = Standard(2),
    };

    private static Microsoft.Win32.SafeHandles.SafeFileHandle Standard(int descriptor) => new(descriptor, ownsHandle: false);

    /// <summary>A signal number is a valid PosixSignal on Unix.</summary>
    private static PosixSignalRegistration Forward(int signal, ChildProcess command) => PosixSignalRegistration.Create((PosixSignal)signal, context =>
    {
        context.Cancel = true;
        command.Signal(signal);
    });

    private static void WatchLifeline() => new Thread(() =>
    {
        using var lifeline = new FileStream(Standard(0), FileAccess.Read, bufferSize: 0);
        while (lifeline.ReadByte() >= 0)
        {
            // The agent writes nothing; only the end of the pipe says something.
        }

        Environment.Exit(128 + Signals.Kill);
    }) { IsBackground = true, Name = "lifeline" }.Start();

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"container-init: {message}");
        return CannotRun;
    }
}

/// <summary>The command line of <c>container-init</c>.</summary>
internal sealed record ContainerInitOptions
{
    public string? Hostname { get; init; }

    public string? WorkingDirectory { get; init; }

    public bool HasLifeline { get; init; }

    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Null when the arguments make no sense.</summary>
    public static ContainerInitOptions? Parse(IReadOnlyList<string> arguments)
    {
        var options = new ContainerInitOptions();
        for (var i = 0; i < arguments.Count; i++)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : null;
            switch (arguments[i])
            {
                case "--lifeline":
                    options = options with { HasLifeline = true };
                    break;
                case "--hostname" when value is not null:
                    options = options with { Hostname = value };
                    i++;
                    break;
                case "--workdir" when value is not null:
                    options = options with { WorkingDirectory = value };
                    i++;
                    break;
                case "--" when value is not null:
                    return options with { Command = [.. arguments.Skip(i + 1)] };
                default:
                    return null;
            }
        }

        return null;
    }

    /// <summary>The other direction.</summary>
    public IReadOnlyList<string> ToArguments() =>
    [
        "container-init",
        .. Hostname is null ? Array.Empty<string>() : ["--hostname", Hostname],
        .. WorkingDirectory is null ? Array.Empty<string>() : ["--workdir", WorkingDirectory],
        .. HasLifeline ? ["--lifeline"] : Array.Empty<string>(),
        "--",
        .. Command,
    ];
}
