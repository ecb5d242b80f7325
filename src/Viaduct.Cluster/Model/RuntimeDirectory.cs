using Viaduct.Linux.Files;

namespace Viaduct.Cluster.Model;

/// <summary>The directory for what is gone after a reboot, of the user who calls.</summary>
public static class RuntimeDirectory
{
    /// <summary>/run for root, also in a virtual machine or container; otherwise $XDG_RUNTIME_DIR; null where there is none that belongs to the user.</summary>
    public static string? Find() => Find("/run", Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"));

    /// <summary>Root of a user namespace is root only by name: what belongs to the machine's root there belongs to nobody.</summary>
    internal static string? Find(string ofRoot, string? ofUser) =>
        new[] { ofRoot, ofUser }.FirstOrDefault(directory => !string.IsNullOrEmpty(directory) && OwnDirectory.Is(directory));
}
