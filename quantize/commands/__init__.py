"""The commands of wizard-quantize, one file each; `quantize.cli` gives them their names."""
