namespace Viaduct.Lab.Engine;

/// <summary>Programs that experiments start besides themselves.</summary>
/// <param name="Self">This program again, which does as <see cref="Experiments.UserAndKernel.LabProxy"/> when its first argument says so.</param>
/// <param name="CniPlugin">The executable <c>viaduct-cni</c>.</param>
public sealed record LabPrograms(string Self, string CniPlugin)
{
    public static LabPrograms Published { get; } = new(Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "viaduct-cni"));
}
