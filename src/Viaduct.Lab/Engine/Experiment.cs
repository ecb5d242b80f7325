using Viaduct.Linux.Features;

namespace Viaduct.Lab.Engine;

/// <summary>
/// Something to see in a real kernel: steps that a person could type, what must come of each, and why. Runs in namespaces of its own.
/// </summary>
public abstract class Experiment
{
    /// <summary>How it is called on the command line: words with hyphens.</summary>
    public abstract string Name { get; }

    public abstract LocalizedText Title { get; }

    /// <summary>What it is about, in a few sentences.</summary>
    public abstract LocalizedText Introduction { get; }

    /// <summary>
    /// The precondition (see <see cref="LabRun.Given"/>) without which the experiment must fail. Tests leave it out, to prove that the experiment can fail.
    /// </summary>
    public abstract string Essential { get; }

    /// <summary>Tries what it needs of the kernel besides bridges, veth pairs and nftables.</summary>
    public virtual IReadOnlyList<KernelFeature> ProbeNeeds() => [];

    /// <summary>Does it.</summary>
    /// <exception cref="ExperimentFailedException">The kernel did something else than expected.</exception>
    public abstract Task RunAsync(LabRun lab);
}
