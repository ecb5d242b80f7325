using Viaduct.Kube.Objects;

namespace Viaduct.Node.Containers;

/// <summary>Which command a container runs, if any.</summary>
internal static class ContainerCommand
{
    /// <summary>
    /// The command with its arguments, not yet expanded; null for a stand-in. Arguments alone belong to the image's entrypoint, which does
    /// not exist here: they are the command when their first word is a program of this machine, else the container is a stand-in.
    /// </summary>
    public static IReadOnlyList<string>? Of(Container container)
    {
        IReadOnlyList<string> arguments = container.Args ?? [];
        if (container.Command is { Count: > 0 } command)
            return [.. command, .. arguments];
        var isProgram = arguments.Count > 0 && Executables.Find(arguments[0], ContainerEnvironment.DefaultPath, WorkingDirectory(container)) is not null;
        return isProgram ? arguments : null;
    }

    public static string WorkingDirectory(Container container) => string.IsNullOrEmpty(container.WorkingDir) ? "/" : container.WorkingDir;
}
