using System.Text.Json.Serialization;

namespace Viaduct.Lab.Engine;

/// <summary>What happened in an experiment, for reports.</summary>
/// <param name="Name">The experiment's name.</param>
/// <param name="Title">Its title.</param>
/// <param name="Introduction">What it is about.</param>
/// <param name="Preparation">What was made before the first step.</param>
/// <param name="Steps">What was done and seen, in order.</param>
public sealed record Transcript(string Name, LocalizedText Title, LocalizedText Introduction, Preparation Preparation, IReadOnlyList<StepTranscript> Steps)
{
    /// <summary>What every machine shows: without the steps that need something that many kernels lack.</summary>
    [JsonIgnore]
    public Transcript Everywhere => this with { Steps = [.. Steps.Where(s => !s.IsOptional)] };

    /// <summary>Its picture of what was measured; an experiment has at most one.</summary>
    [JsonIgnore]
    public Plot? Plot => Steps.SelectMany(s => s.Lines).OfType<PlotLine>().SingleOrDefault()?.Plot;
}

/// <summary>What an experiment begins with: with it, its steps can be typed.</summary>
/// <param name="Hosts">The hosts, each a network namespace.</param>
/// <param name="Settings">What is typed on each of them first.</param>
/// <param name="Commands">What is typed then.</param>
public sealed record Preparation(IReadOnlyList<string> Hosts, string Settings, IReadOnlyList<CommandLine> Commands);

/// <summary>One step.</summary>
/// <param name="What">What is done, as a sentence.</param>
/// <param name="Lines">What was typed and seen, in order.</param>
public sealed record StepTranscript(LocalizedText What, IReadOnlyList<TranscriptLine> Lines)
{
    /// <summary>Whether it needs something that many kernels lack; without that it says so.</summary>
    public bool IsOptional { get; init; }
}

/// <summary>A part of a step.</summary>
[JsonDerivedType(typeof(CommandLine), "command")]
[JsonDerivedType(typeof(OutputLine), "output")]
[JsonDerivedType(typeof(ClaimLine), "claim")]
[JsonDerivedType(typeof(DisagreementLine), "disagreement")]
[JsonDerivedType(typeof(DrawingLine), "drawing")]
[JsonDerivedType(typeof(MeasurementLine), "measurement")]
[JsonDerivedType(typeof(PlotLine), "plot")]
[JsonDerivedType(typeof(MissingLine), "missing")]
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
public abstract record TranscriptLine;

/// <summary>What a person would type on a host; it was done over netlink, the ordinary way to ask the kernel.</summary>
public sealed record CommandLine(string Host, string Command) : TranscriptLine;

/// <summary>What a command showed.</summary>
public sealed record OutputLine(string Text) : TranscriptLine;

/// <summary>Something that was found to be so.</summary>
/// <param name="What">What, and why.</param>
/// <param name="Seen">What the kernel said, where that is more than yes.</param>
public sealed record ClaimLine(LocalizedText What, string? Seen) : TranscriptLine;

/// <summary>A widespread explanation that the kernel does not agree with.</summary>
/// <param name="Told">What is told.</param>
/// <param name="Kernel">What the kernel does; shown by the claims beside it.</param>
/// <param name="Reason">Why.</param>
public sealed record DisagreementLine(LocalizedText Told, LocalizedText Kernel, LocalizedText Reason) : TranscriptLine;

/// <summary>The hosts as they are now.</summary>
public sealed record DrawingLine(Drawing.NetworkView View) : TranscriptLine;

/// <summary>What was measured, as a table; another machine, and another run, has other numbers.</summary>
/// <param name="Columns">The heads of its columns.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Machine">Where it was measured.</param>
public sealed record MeasurementLine(IReadOnlyList<LocalizedText> Columns, IReadOnlyList<MeasuredRow> Rows, string Machine) : TranscriptLine;

/// <summary>A row of a table.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Values">The other columns.</param>
public sealed record MeasuredRow(LocalizedText What, params IReadOnlyList<string> Values);

/// <summary>Something that this machine cannot show.</summary>
/// <param name="Reason">What it lacks.</param>
public sealed record MissingLine(string Reason) : TranscriptLine;

/// <summary>What was measured, as curves.</summary>
public sealed record PlotLine(Plot Plot) : TranscriptLine;

/// <summary>Curves over one quantity, both axes logarithmic.</summary>
/// <param name="Title">What the picture shows.</param>
/// <param name="X">The quantity below.</param>
/// <param name="Y">The quantity at the side.</param>
/// <param name="Curves">At least one.</param>
public sealed record Plot(LocalizedText Title, LocalizedText X, LocalizedText Y, IReadOnlyList<Curve> Curves);

/// <summary>A curve, its points in the order of X. All numbers are above 0.</summary>
public sealed record Curve(LocalizedText Name, IReadOnlyList<PlotPoint> Points);

/// <summary>A measured point.</summary>
public sealed record PlotPoint(double X, double Y);
