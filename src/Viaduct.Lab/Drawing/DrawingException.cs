namespace Viaduct.Lab.Drawing;

/// <summary>What was asked for is not in the drawing; the message says what, and what to do.</summary>
public sealed class DrawingException(string message) : Exception(message);
