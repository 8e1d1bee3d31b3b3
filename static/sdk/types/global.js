export {} // types only: what `import` finds here is nothing
