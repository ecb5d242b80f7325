using System.Text.Json.Serialization;

namespace Viaduct.Lab.Engine;

/// <summary>What happened in an experiment, for reports.</summary>
/// <param name="Name">The experiment's name.</param>
/// <param name="Title">Its title.</param>
/// <param name="Introduction">What it is about.</param>
/// <param name="Steps">What was done and seen, in order.</param>
public sealed record Transcript(string Name, LocalizedText Title, LocalizedText Introduction, IReadOnlyList<StepTranscript> Steps);

/// <summary>One step.</summary>
/// <param name="What">What is done, as a sentence.</param>
/// <param name="Lines">What was typed and seen, in order.</param>
public sealed record StepTranscript(LocalizedText What, IReadOnlyList<TranscriptLine> Lines);

/// <summary>A part of a step.</summary>
[JsonDerivedType(typeof(CommandLine), "command")]
[JsonDerivedType(typeof(OutputLine), "output")]
[JsonDerivedType(typeof(ClaimLine), "claim")]
[JsonDerivedType(typeof(DisagreementLine), "disagreement")]
[JsonDerivedType(typeof(DrawingLine), "drawing")]
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
